import type { Bytes } from './bytes.ts'

/** A routing table of the router: what a peer sent before and after the import policy, and what it selected itself. */
export type View = 'pre-policy' | 'post-policy' | 'loc-rib'

export interface Peer {
  /** Which peer it is, for all of its views. */
  readonly key: string
  /** The peer's address as text of its bytes; empty for the Loc-RIB. */
  readonly address: string
  /** Undefined for a view that proves nothing here: what the router sends to others (RFC 8671). */
  readonly view: View | undefined
}

const LOC_RIB = 3
const POST_POLICY = 0x40
/** RFC 8671 §4; it does not exist in the flags of a Loc-RIB. */
const ADJ_RIB_OUT = 0x10

/** The per-peer header (RFC 7854 §4.2, RFC 9069 §4.1). */
export function readPeer(bytes: Bytes): Peer {
  const type = bytes.u8()
  const flags = bytes.u8()
  const distinguisher = bytes.take(8)
  const address = bytes.take(16)
  // AS, BGP identifier, time in seconds and microseconds.
  bytes.skip(16)
  const key = `${type} ${distinguisher.toString('hex')} ${address.toString('hex')}`
  if (type === LOC_RIB) return { key, address: '', view: 'loc-rib' }
  return { key, address: address.toString('hex'), view: viewOf(type, flags) }
}

function viewOf(type: number, flags: number): View | undefined {
  if (type > LOC_RIB || (flags & ADJ_RIB_OUT) !== 0) return undefined
  return (flags & POST_POLICY) === 0 ? 'pre-policy' : 'post-policy'
}
