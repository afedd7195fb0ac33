import type { Bytes } from './bytes.ts'

const MARKER = 16
const CAPABILITIES = 2
/** RFC 9072 §2: the length does not fit into a byte, and neither do those of the parameters. */
const EXTENDED = 255
const ADD_PATH = 69
const RECEIVES = 1
const SENDS = 2

/**
 * The families, as `AFI/SAFI`, whose routes from the peer carry path identifiers (RFC 7911 §4): Peer Up holds the
 * OPEN that the router sent and the one that it received (RFC 7854 §4.10).
 */
export function addPathFamilies(peerUp: Bytes): string[] {
  // The local address and both ports.
  peerUp.skip(20)
  const receives = addPath(readOpen(peerUp), RECEIVES)
  const sends = addPath(readOpen(peerUp), SENDS)
  return receives.filter((family) => sends.includes(family))
}

/** The optional parameters of the next OPEN (RFC 4271 §4.2). */
function readOpen(bytes: Bytes): Bytes {
  bytes.skip(MARKER)
  const open = bytes.part(bytes.u16() - MARKER - 2, 'the OPEN in a Peer Up')
  // Type, version, AS, hold time and identifier.
  open.skip(10)
  return open
}

function addPath(open: Bytes, role: number): string[] {
  const length = open.u8()
  const extended = length === EXTENDED && open.left > 0 && peekExtended(open)
  const parameters = open.part(extended ? open.u16() : length)
  const families: string[] = []
  while (parameters.left > 0) {
    const type = parameters.u8()
    const value = parameters.part(extended ? parameters.u16() : parameters.u8())
    if (type === CAPABILITIES) families.push(...addPathIn(value, role))
  }
  return families
}

/** The type byte 255 after a length of 255 says that it is extended; it is consumed. */
function peekExtended(open: Bytes): boolean {
  return open.u8() === EXTENDED
}

function addPathIn(capabilities: Bytes, role: number): string[] {
  const families: string[] = []
  while (capabilities.left > 0) {
    const code = capabilities.u8()
    const value = capabilities.part(capabilities.u8())
    while (code === ADD_PATH && value.left > 0) {
      const family = `${value.u16()}/${value.u8()}`
      if ((value.u8() & role) !== 0) families.push(family)
    }
  }
  return families
}
