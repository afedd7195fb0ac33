import type { PacketMatch } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'
import {
  componentOf,
  DESTINATION,
  matchOf,
  type NamedText,
  SOURCE,
  type WireTest,
} from '../witnessing/components.ts'
import { BmpError, Bytes } from './bytes.ts'
import { prefixOf } from './prefix.ts'

/**
 * What a flow specification matches; undefined for one that no rule of ours can be: an unknown component, an
 * offset, values that no packet has.
 * @throws BmpError when the bytes end in the middle
 */
export function decodeFlow(family: Family, nlri: Buffer): PacketMatch | undefined {
  const bytes = new Bytes(nlri, 'a flow specification')
  const components: NamedText[] = []
  let last = 0
  while (bytes.left > 0) {
    const type = bytes.u8()
    // Strictly ascending by RFC 8955 §4.2: each at most once.
    if (type <= last) return undefined
    last = type
    const component =
      type === DESTINATION || type === SOURCE
        ? readPrefix(family, type, bytes)
        : componentOf(type, readTests(bytes))
    if (component === undefined) return undefined
    components.push(component)
  }
  return matchOf(family, components)
}

/** An IPv6 prefix has an offset (RFC 8956 §3.1), which rules of ours do not use. */
function readPrefix(family: Family, type: number, bytes: Bytes): NamedText | undefined {
  const length = bytes.u8()
  if (length > (family === 4 ? 32 : 128))
    throw new BmpError(`a flow specification has a prefix of ${length} bits`)
  const offset = family === 6 ? bytes.u8() : 0
  if (offset > length) throw new BmpError(`a flow specification has an offset of ${offset} bits`)
  const pattern = bytes.take(Math.ceil((length - offset) / 8))
  if (offset !== 0) return undefined
  return [type === DESTINATION ? 'destination' : 'source', prefixOf(family, length, pattern)]
}

const END = 0x80

/** RFC 8955 §4.2.1: an operator octet says how long its operand is, and whether it is the last. */
function readTests(bytes: Bytes): WireTest[] {
  const tests: WireTest[] = []
  for (;;) {
    const op = bytes.u8()
    tests.push({ op, value: bytes.number(1 << ((op >> 4) & 3)) })
    if ((op & END) !== 0) return tests
  }
}
