import { UnsupportedRule } from './action.ts'
import { maskOf, readPrefix, writeIPv6 } from './address.ts'
import { fragmentMatches, notLaterFragment } from './fragment.ts'
import { isPrefixComponent } from './order.ts'
import type { Component, FlowRule, PrefixComponent, TestComponent } from './rule.ts'
import { bitsThatPass, numbersThatPass, type Range, rangesOf, setText, valuesIn } from './values.ts'

/** Ways to match of which any one is enough: nft has no `or` between fields, so each becomes a rule of its own. */
type Ways = readonly string[]

const TCP = 6
const UDP = 17
const ICMP = { 4: 1, 6: 58 } as const
const IPV6_HEADER = 40

/**
 * The match of a rule in the words of nft, one text for each way in which a packet can meet it; none when no packet
 * can. A component that needs a transport header is never met by what has none, such as a later fragment.
 *
 * @throws UnsupportedRule
 */
export function matchesOf({ family, components }: Pick<FlowRule, 'family' | 'components'>): Ways {
  const others = components.filter(({ type }) => type !== PROTOCOL)
  const hasHeader = others.some(({ type }) => BEYOND_FRAGMENTS.has(type)) ? notLaterFragment(family) : ['']
  const ways = others.map((one) => waysOf(one, family))
  return [protocols(components, family), hasHeader, ...ways].reduce(both, [''])
}

const PROTOCOL = 3
/** What only the first fragment carries (RFC 8955 §4.2.2.12): ports, ICMP types and codes, TCP flags. */
const BEYOND_FRAGMENTS = new Set([4, 5, 6, 7, 8, 9])

/**
 * The upper layer's protocol, once for all components that need a certain one: a port is one of TCP or UDP alone
 * (RFC 8955 §4.2.2.4), and each set that is saved makes every later command of nft cheaper.
 */
function protocols(components: readonly Component[], family: 4 | 6): Ways {
  const all = Array.from({ length: 256 }, (_, at) => at)
  const passing = components.reduce((left, component) => {
    const { type } = component
    const tests = isPrefixComponent(component) ? [] : component.tests
    if (type === PROTOCOL) return valuesIn(numbersThatPass(tests, 255)).filter((one) => left.includes(one))
    if (type >= 4 && type <= 6) return left.filter((one) => one === TCP || one === UDP)
    if (type === 7 || type === 8) return left.filter((one) => one === ICMP[family])
    return type === 9 ? left.filter((one) => one === TCP) : left
  }, all)
  return passing.length === all.length ? [''] : fieldIn('meta l4proto', rangesOf(passing))
}

/** A burst of a tenth of a second, and of two packets at least: a bucket smaller than a packet passes nothing. */
export function limitRules(rate: number): readonly string[] {
  const burst = Math.min(Math.max(Math.ceil(rate / 10), 3000), 0x7fffffff)
  return [`limit rate over ${rate} bytes/second burst ${burst} bytes counter drop`, 'counter accept']
}

function both(a: Ways, b: Ways): Ways {
  return a.flatMap((one) => b.map((other) => [one, other].filter((part) => part !== '').join(' ')))
}

function waysOf(component: Component, family: 4 | 6): Ways {
  if (isPrefixComponent(component)) return [prefixMatch(component, family)]
  const { type, tests } = component
  const numbers = (max: number): Range[] => numbersThatPass(tests, max)
  const ports = (...fields: readonly string[]): Ways =>
    fields.flatMap((field) => fieldIn(`th ${field}`, numbers(65_535)))
  switch (type) {
    case 4:
      return ports('dport', 'sport')
    case 5:
      return ports('dport')
    case 6:
      return ports('sport')
    case 7:
      return fieldIn('@th,0,8', numbers(255))
    case 8:
      return fieldIn('@th,8,8', numbers(255))
    case 9:
      return tcpFlags(tests)
    case 10:
      return packetLength(numbers(65_535 + IPV6_HEADER), family)
    case 11:
      return dscp(numbers(63), family)
    case 12:
      return fragmentMatches(tests, family)
    case 13:
      if (family === 6) return fieldIn('ip6 flowlabel', numbers(0xfffff))
      throw new UnsupportedRule('IPv4 has no flow label')
    default:
      throw new UnsupportedRule(`component ${type} is unknown here`)
  }
}

function prefixMatch({ type, prefix, offset }: PrefixComponent, family: 4 | 6): string {
  const { bits, length, width } = readPrefix(prefix)
  if (width !== (family === 4 ? 32 : 128)) throw new UnsupportedRule(`${prefix} is not of IPv${family}`)
  if (length <= offset) return ''
  const field = `${family === 4 ? 'ip' : 'ip6'} ${type === 1 ? 'daddr' : 'saddr'}`
  if (offset === 0) return `${field} ${prefix}`
  const mask = maskOf(width, offset, length)
  return `${field} & ${writeIPv6(mask)} == ${writeIPv6(bits & mask)}`
}

/** The flags, and with operands of two octets also the reserved bits before them (RFC 8955 §4.2.2.9). */
function tcpFlags(tests: TestComponent['tests']): Ways {
  const isWide = tests.some(({ value }) => value > 0xff)
  return isWide
    ? fieldIn('@th,96,16 & 0xfff', bitsThatPass(tests, 0xfff))
    : fieldIn('@th,104,8', bitsThatPass(tests, 0xff))
}

/** The IP header counts (RFC 8955 §4.2.2.10), but is not in IPv6's own field. */
function packetLength(ranges: readonly Range[], family: 4 | 6): Ways {
  if (family === 4) return fieldIn('ip length', cut(ranges, 0, 65_535))
  const payload = ranges.map(({ low, high }) => ({ low: low - IPV6_HEADER, high: high - IPV6_HEADER }))
  return fieldIn('ip6 length', cut(payload, 0, 65_535))
}

function cut(ranges: readonly Range[], min: number, max: number): Range[] {
  return ranges
    .map(({ low, high }) => ({ low: Math.max(low, min), high: Math.min(high, max) }))
    .filter(({ low, high }) => low <= high)
}

/** One by one: its six bits lie across two octets of IPv6, and ranges of such a field do not sort. */
function dscp(ranges: readonly Range[], family: 4 | 6): Ways {
  const values = valuesIn(ranges)
  if (values.length === 64) return ['']
  return fieldIn(
    `${family === 4 ? 'ip' : 'ip6'} dscp`,
    values.map((value) => ({ low: value, high: value })),
  )
}

function fieldIn(field: string, ranges: readonly Range[]): Ways {
  return ranges.length === 0 ? [] : [`${field} ${setText(ranges)}`]
}
