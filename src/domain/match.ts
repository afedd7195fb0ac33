import { type BitTests, bitTestsText, FRAGMENT_FLAGS, readBitTests, TCP_FLAGS } from './bitmask.ts'
import { type CONTROL, readKeep, withControlKept } from './control.ts'
import { withExceptions } from './exceptions.ts'
import { InputError, within } from './input-error.ts'
import { type Ranges, rangesCover, rangesText, readRanges } from './numeric.ts'
import { type Family, type Prefix, parsePrefix, prefixFamily } from './prefix.ts'

export type { BitTests } from './bitmask.ts'
export { CONTROL } from './control.ts'
export { type Ranges, rangesHave } from './numeric.ts'

/**
 * The components of RFC 8955 §4.2.2 and RFC 8956 §3 other than the prefixes. A port component is always together
 * with the protocols that have ports, TCP flags with TCP, ICMP types with the family's ICMP: the readers add the
 * protocol where it was left out, which is what the RFC means by it.
 */
export interface Components {
  readonly protocol?: Ranges
  readonly port?: Ranges
  readonly destinationPort?: Ranges
  readonly sourcePort?: Ranges
  readonly icmpType?: Ranges
  readonly icmpCode?: Ranges
  readonly tcpFlags?: BitTests
  /** Total length of the IP packet in bytes, header included. */
  readonly packetLength?: Ranges
  readonly dscp?: Ranges
  readonly fragment?: BitTests
  readonly flowLabel?: Ranges
}

/** What packets a rule or a narrowed block is about: both prefixes are of `family`. */
export interface PacketMatch {
  readonly family: Family
  readonly destination?: Prefix
  readonly source?: Prefix
  /**
   * Packets whose other end is in one of these are not matched; the other end is the one that has no prefix here.
   * Only an access list can say so: flow specification has no such component. See {@link withExceptions}.
   */
  readonly except?: readonly Prefix[]
  /** Control traffic of the network is not matched; see {@link CONTROL}. Only an access list can say so. */
  readonly keep?: typeof CONTROL
  readonly components: Components
}

/** No component: whole hosts and prefixes. */
export const NO_COMPONENTS: Components = Object.freeze({})

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['tcp', 6],
  ['udp', 17],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['icmpv6', 58],
  ['sctp', 132],
])

interface NumericComponent {
  readonly field:
    | 'protocol'
    | 'port'
    | 'destinationPort'
    | 'sourcePort'
    | 'icmpType'
    | 'icmpCode'
    | 'packetLength'
    | 'dscp'
    | 'flowLabel'
  readonly text: string
  readonly max: number
  readonly families: readonly Family[]
}

interface FlagComponent {
  readonly field: 'tcpFlags' | 'fragment'
  readonly text: string
  readonly names: ReadonlyMap<string, number>
}

const BOTH: readonly Family[] = [4, 6]

/** In the order of their type numbers, which is the order of the canonical text. */
const COMPONENTS: readonly (NumericComponent | FlagComponent)[] = [
  { field: 'protocol', text: 'protocol', max: 255, families: BOTH },
  { field: 'port', text: 'port', max: 65_535, families: BOTH },
  { field: 'destinationPort', text: 'destination-port', max: 65_535, families: BOTH },
  { field: 'sourcePort', text: 'source-port', max: 65_535, families: BOTH },
  { field: 'icmpType', text: 'icmp-type', max: 255, families: BOTH },
  { field: 'icmpCode', text: 'icmp-code', max: 255, families: BOTH },
  { field: 'tcpFlags', text: 'tcp-flags', names: TCP_FLAGS },
  { field: 'packetLength', text: 'packet-length', max: 65_535, families: BOTH },
  { field: 'dscp', text: 'dscp', max: 63, families: BOTH },
  { field: 'fragment', text: 'fragment', names: FRAGMENT_FLAGS },
  { field: 'flowLabel', text: 'flow-label', max: 1_048_575, families: [6] },
]

const BY_NAME = new Map(
  COMPONENTS.flatMap((component) => [
    [component.field as string, component],
    [component.text, component],
  ]),
)

/** Shortest packet that can exist: an IPv4 or IPv6 header alone (RFC 791 §3.1, RFC 8200 §3). */
const SHORTEST = { 4: 20, 6: 40 } as const

/**
 * Reads a match as it is typed or sent: `destination`, `source` and the components by their RFC 8955 names, in
 * camel case or with hyphens. Values that no packet can have are refused.
 * @throws InputError `match-unknown`, `match-value`, `match-family`, `match-protocol`, and the prefix codes
 */
export function readMatch(family: Family, input: Readonly<Record<string, unknown>>): PacketMatch {
  const components: Record<string, Ranges | BitTests> = {}
  const prefixes: { destination?: Prefix; source?: Prefix } = {}
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue
    if (name === 'destination' || name === 'source') {
      prefixes[name] = within(name, () => readPrefixOf(family, value))
      continue
    }
    const component = BY_NAME.get(name)
    if (component === undefined) {
      throw new InputError(
        'match-unknown',
        `unknown component; known are destination, source, ${COMPONENTS.map((c) => c.text).join(', ')}`,
        name,
      )
    }
    if (components[component.field] !== undefined)
      throw new InputError('match-unknown', 'given twice; one component of a kind', name)
    components[component.field] = within(name, () => readComponent(family, component, value))
  }
  return { family, ...prefixes, components: completeProtocols(family, components as Components) }
}

function readPrefixOf(family: Family, value: unknown): Prefix {
  if (typeof value !== 'string')
    throw new InputError('prefix-malformed', 'expected an address or a prefix as text')
  const prefix = parsePrefix(value)
  if (prefixFamily(prefix) !== family)
    throw new InputError('match-family', `${prefix} is not IPv${family}; one match holds one family`)
  return prefix
}

function readComponent(
  family: Family,
  component: NumericComponent | FlagComponent,
  value: unknown,
): Ranges | BitTests {
  if ('names' in component) {
    const tests = readBitTests(value, component.names)
    if (component.field === 'fragment' && family === 6 && tests.some((test) => (test.mask & 1) !== 0)) {
      throw new InputError('match-family', 'dont-fragment does not exist in IPv6 (RFC 8956 §3.5)')
    }
    return tests
  }
  if (!component.families.includes(family)) {
    throw new InputError('match-family', `${component.text} exists only in IPv6 (RFC 8956 §3.7)`)
  }
  const ranges = readRanges(value, component.max, component.field === 'protocol' ? PROTOCOLS : undefined)
  if (component.field === 'packetLength' && (ranges.at(-1)?.[1] ?? 0) < SHORTEST[family]) {
    throw new InputError('match-value', `no IPv${family} packet is shorter than ${SHORTEST[family]} bytes`)
  }
  return ranges
}

/** TCP, UDP: the protocols whose ports RFC 8955 §4.2.2.4 speaks of. */
const WITH_PORTS: Ranges = [
  [6, 6],
  [17, 17],
]
const TCP: Ranges = [[6, 6]]
const ICMP: Readonly<Record<Family, Ranges>> = { 4: [[1, 1]], 6: [[58, 58]] }

function completeProtocols(family: Family, components: Components): Components {
  if (Object.keys(components).length === 0) return NO_COMPONENTS
  const allowed = protocolsFor(family, components)
  if (allowed === undefined) return components
  if (components.protocol === undefined) return { ...components, protocol: allowed.protocols }
  if (!rangesCover(allowed.protocols, components.protocol)) {
    throw new InputError(
      'match-protocol',
      `${allowed.by} exists only in protocol ${rangesText(allowed.protocols)}, not in ${rangesText(components.protocol)}`,
      'protocol',
    )
  }
  return components
}

function protocolsFor(family: Family, c: Components): { protocols: Ranges; by: string } | undefined {
  const ports = c.port !== undefined || c.destinationPort !== undefined || c.sourcePort !== undefined
  const icmp = c.icmpType !== undefined || c.icmpCode !== undefined
  if (icmp && (ports || c.tcpFlags !== undefined)) {
    throw new InputError('match-protocol', 'no packet has both ICMP types and ports or TCP flags', 'icmpType')
  }
  if (icmp) return { protocols: ICMP[family], by: 'an ICMP type or code' }
  if (c.tcpFlags !== undefined) return { protocols: TCP, by: 'a TCP flag' }
  return ports ? { protocols: WITH_PORTS, by: 'a port' } : undefined
}

/**
 * Whether a later fragment of a matched packet is not matched: it has no ports, ICMP types or TCP flags (RFC 8955
 * §4.2.2.12). A match that names fragments itself is taken as it is.
 */
export function hidesFromFragments(components: Components): boolean {
  if (components.fragment !== undefined) return false
  return BEYOND_FIRST_FRAGMENT.some((name) => components[name] !== undefined)
}

const BEYOND_FIRST_FRAGMENT = [
  'port',
  'destinationPort',
  'sourcePort',
  'icmpType',
  'icmpCode',
  'tcpFlags',
] as const

const LATER_FRAGMENT: BitTests = [{ mask: 2, value: 2 }]

/** The later fragments of what is matched, by what each of them still has; their length is another. */
export function onlyFragments({ protocol, dscp, flowLabel }: Components): Components {
  return {
    ...(protocol === undefined ? {} : { protocol }),
    ...(dscp === undefined ? {} : { dscp }),
    fragment: LATER_FRAGMENT,
    ...(flowLabel === undefined ? {} : { flowLabel }),
  }
}

/** Every component, as RFC 8955 orders them; the prefixes are not among them. */
export const COMPONENT_NAMES: readonly (keyof Components)[] = COMPONENTS.map((component) => component.field)

/** Names of the components in use, as RFC 8955 orders them; the prefixes are not among them. */
export function componentNames(components: Components): readonly (keyof Components)[] {
  return components === NO_COMPONENTS
    ? []
    : COMPONENT_NAMES.filter((field) => components[field] !== undefined)
}

/** Canonical text of the components: `protocol=17 destination-port=53,80-90`; empty for none. */
export function componentsText(components: Components): string {
  if (components === NO_COMPONENTS) return ''
  const words: string[] = []
  for (const component of COMPONENTS) {
    if ('names' in component) {
      const tests = components[component.field]
      if (tests !== undefined) words.push(`${component.text}=${bitTestsText(tests, component.names)}`)
    } else {
      const ranges = components[component.field]
      if (ranges !== undefined) words.push(`${component.text}=${rangesText(ranges)}`)
    }
  }
  return words.join(' ')
}

/** Canonical text of a match: the prefixes, the exceptions, what is kept, then the components. Equal texts match the same packets. */
export function matchText(match: PacketMatch): string {
  const words: string[] = []
  if (match.destination !== undefined) words.push(`destination=${match.destination}`)
  if (match.source !== undefined) words.push(`source=${match.source}`)
  if (match.except !== undefined) words.push(`except=${match.except.join(',')}`)
  if (match.keep !== undefined) words.push(`keep=${match.keep}`)
  const components = componentsText(match.components)
  if (components !== '') words.push(components)
  return words.join(' ')
}

/** Reads back {@link matchText}. Unlike {@link readMatch}, which reads what people type, it knows exceptions and what is kept. */
export function parseMatchText(family: Family, text: string): PacketMatch {
  const input = new Map<string, string>()
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const equals = word.indexOf('=')
    if (equals < 1) throw new InputError('match-unknown', `'${word}' is not component=value`)
    const name = word.slice(0, equals)
    if (input.has(name)) throw new InputError('match-unknown', 'given twice; one component of a kind', name)
    input.set(name, word.slice(equals + 1))
  }
  const except = input.get('except')
  const keep = input.get('keep')
  input.delete('except')
  input.delete('keep')
  const match = readMatch(family, Object.fromEntries(input))
  const excepting =
    except === undefined
      ? match
      : within('except', () => withExceptions(match, except.split(',').map(parsePrefix)))
  if (keep === undefined) return excepting
  return within('keep', () => {
    readKeep(keep)
    return withControlKept(excepting)
  })
}
