import { FRAGMENT_FLAGS, TCP_FLAGS } from '../../src/domain/bitmask.ts'
import { readMatch } from '../../src/domain/match.ts'
import { type Action, DROP, filterRule, type Rule } from '../../src/domain/rule.ts'

/** BIRD's names of components and ours; the others are alike but for the hyphen. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['dst', 'destination'],
  ['src', 'source'],
  ['proto', 'protocol'],
  ['next header', 'protocol'],
  ['dport', 'destination-port'],
  ['sport', 'source-port'],
  ['icmp type', 'icmp-type'],
  ['icmp code', 'icmp-code'],
  ['tcp flags', 'tcp-flags'],
  ['length', 'packet-length'],
  ['label', 'flow-label'],
])

type Places = Readonly<Record<string, { readonly routeTarget: string }>>

/** The rule that a flow route is in a table of BIRD: `flow4 dst 192.0.2.1/32; dport 53,80..90` and its communities. */
export function ruleInBird(text: string, communities: string, places: Places = {}): Rule {
  const family = text.startsWith('flow4 ') ? 4 : 6
  const input = text
    .slice('flow4 '.length)
    .split('; ')
    .map((part): [string, string] => {
      const [, name = '', value = ''] =
        /^(next header|icmp type|icmp code|tcp flags|[a-z]+) (.*)$/.exec(part) ?? []
      const ours = NAMES.get(name) ?? name
      return [ours, valueText(ours, value)]
    })
  return filterRule('flow', readMatch(family, Object.fromEntries(input)), actionIn(communities, places))
}

function valueText(name: string, value: string): string {
  if (name === 'tcp-flags') return flagsText(value, TCP_FLAGS)
  if (name === 'fragment') return flagsText(value, FRAGMENT_FLAGS)
  return value.replaceAll('..', '-')
}

/** Alternatives joined by `||` or commas, each of tests joined by `&&`: `0x2/0x2 && 0x0/0x14`, `!is_fragment`. */
function flagsText(value: string, names: ReadonlyMap<string, number>): string {
  return value
    .split(/ \|\| |,/)
    .map((alternative) =>
      alternative
        .split(' && ')
        .flatMap((test) => testWords(test, names))
        .join('&'),
    )
    .join(',')
}

function testWords(test: string, names: ReadonlyMap<string, number>): string[] {
  const bits = /^(!)?0x([0-9a-f]+)\/0x([0-9a-f]+)$/.exec(test)
  if (bits === null) return [test.replaceAll('_', '-')]
  const [value, mask] = [Number.parseInt(bits[2] ?? '', 16), Number.parseInt(bits[3] ?? '', 16)]
  return [...names]
    .filter(([, bit]) => (mask & bit) !== 0)
    .map(([name, bit]) => ((value & bit) === 0 ? `!${name}` : name))
}

/** The one extended community of an action (RFC 8955 §7), of which BIRD knows no names. */
function actionIn(communities: string, places: Places): Action {
  const [, high = '', low = ''] = /\(generic, 0x80(0[\da-f]{5}), 0x([\da-f]+)\)/.exec(communities) ?? []
  const value = Number.parseInt(low, 16)
  switch (high.slice(0, 2)) {
    case '06':
      return rateOf(value)
    case '08':
      return placeOf(`${Number.parseInt(high.slice(2), 16)}:${value}`, places)
    case '09':
      return { do: 'mark', dscp: value }
    default:
      throw new Error(`no action in ${communities}`)
  }
}

function placeOf(target: string, places: Places): Action {
  const [to] = Object.entries(places).find(([, { routeTarget }]) => routeTarget === target) ?? []
  if (to === undefined) throw new Error(`${target} is no place`)
  return { do: 'redirect', to }
}

/** Traffic-rate-bytes (§7.1): a 32-bit float. */
function rateOf(bits: number): Action {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, bits)
  const bytesPerSecond = view.getFloat32(0)
  return bytesPerSecond === 0 ? DROP : { do: 'rate-limit', bytesPerSecond }
}
