import type { Family } from '../../src/domain/prefix.ts'
import { flowSlot } from '../witnessing/flow-sights.ts'
import { type Attributes, NO_ATTRIBUTES, readCommunities, readExtended, readLarge } from './attributes.ts'
import { BmpError, Bytes } from './bytes.ts'
import { decodeFlow } from './flow-nlri.ts'
import { prefixOf } from './prefix.ts'

/** A family of routes: unicast or flow specification of one address family. */
export type RouteFamily = 'unicast4' | 'unicast6' | 'flow4' | 'flow6'

/** What an UPDATE says (RFC 4271 §4.3, RFC 4760), of the families that rules of ours are in. */
export interface Update {
  /** The families of which it says something; End-of-RIB (RFC 4724 §2) says that it was all. */
  readonly families: readonly RouteFamily[]
  readonly endOfRib: RouteFamily | undefined
  readonly withdrawn: readonly string[]
  /** A prefix, or the key of a flow rule: see {@link flowSlot}. */
  readonly announced: readonly string[]
  readonly attributes: Attributes
}

const UPDATE = 2
const HEADER = 19
const COMMUNITIES = 8
const MP_REACH = 14
const MP_UNREACH = 15
const EXTENDED_COMMUNITIES = 16
const LARGE_COMMUNITIES = 32
const EXTENDED_LENGTH = 0x10

interface Draft {
  readonly families: Set<RouteFamily>
  readonly withdrawn: string[]
  readonly announced: string[]
  attributes: Attributes
}

/** @throws BmpError when it is not an UPDATE from which everything can be read */
export function readUpdate(message: Buffer): Update {
  const bytes = new Bytes(message, 'an UPDATE')
  bytes.skip(HEADER - 3)
  if (bytes.u16() !== message.length || bytes.u8() !== UPDATE)
    throw new BmpError('it sent a Route Monitoring message without an UPDATE')
  const draft: Draft = { families: new Set(), withdrawn: [], announced: [], attributes: NO_ATTRIBUTES }
  readNlri('unicast4', bytes.part(bytes.u16()), draft, draft.withdrawn)
  const attributes = bytes.part(bytes.u16())
  const hasAttributes = attributes.left > 0
  while (attributes.left > 0) readAttribute(attributes, draft)
  readNlri('unicast4', bytes, draft, draft.announced)
  const isEmpty = draft.withdrawn.length + draft.announced.length === 0
  const [unreachable] = draft.families
  const endOfRib = !isEmpty ? undefined : hasAttributes ? unreachable : 'unicast4'
  const families = [...draft.families, ...(endOfRib === 'unicast4' ? (['unicast4'] as const) : [])]
  return { ...draft, families, endOfRib }
}

function readAttribute(attributes: Bytes, draft: Draft): void {
  const flags = attributes.u8()
  const type = attributes.u8()
  const value = attributes.part((flags & EXTENDED_LENGTH) === 0 ? attributes.u8() : attributes.u16())
  switch (type) {
    case COMMUNITIES:
      draft.attributes = { ...draft.attributes, communities: readCommunities(value) }
      break
    case LARGE_COMMUNITIES:
      draft.attributes = { ...draft.attributes, large: readLarge(value) }
      break
    case EXTENDED_COMMUNITIES:
      draft.attributes = { ...draft.attributes, action: readExtended(value) }
      break
    case MP_REACH: {
      const family = familyOf(value.u16(), value.u8())
      value.skip(value.u8())
      // Reserved.
      value.skip(1)
      readNlri(family, value, draft, draft.announced)
      break
    }
    case MP_UNREACH: {
      const family = familyOf(value.u16(), value.u8())
      if (family !== undefined) draft.families.add(family)
      readNlri(family, value, draft, draft.withdrawn)
      break
    }
  }
}

const FLOW = 133

function familyOf(afi: number, safi: number): RouteFamily | undefined {
  if (afi !== 1 && afi !== 2) return undefined
  if (safi === 1) return afi === 1 ? 'unicast4' : 'unicast6'
  if (safi === FLOW) return afi === 1 ? 'flow4' : 'flow6'
  return undefined
}

function readNlri(family: RouteFamily | undefined, bytes: Bytes, draft: Draft, into: string[]): void {
  if (family === undefined || bytes.left === 0) return
  draft.families.add(family)
  const version = family.endsWith('4') ? 4 : 6
  while (bytes.left > 0) {
    const slot = family.startsWith('flow') ? readFlow(version, bytes) : readPrefix(version, bytes)
    if (slot !== undefined) into.push(slot)
  }
}

function readPrefix(family: Family, bytes: Bytes): string {
  const length = bytes.u8()
  if (length > (family === 4 ? 32 : 128)) throw new BmpError(`an UPDATE has a prefix of ${length} bits`)
  return prefixOf(family, length, bytes.take(Math.ceil(length / 8)))
}

/** Its length takes two bytes from 240 on (RFC 8955 §4.1). */
function readFlow(family: Family, bytes: Bytes): string | undefined {
  const first = bytes.u8()
  const length = first < 0xf0 ? first : (first & 0x0f) * 256 + bytes.u8()
  const match = decodeFlow(family, bytes.take(length))
  return match === undefined ? undefined : flowSlot(match)
}
