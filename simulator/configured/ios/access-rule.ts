import { network4, network6, wildcard4, wildcardLength } from './address.ts'
import type { Values } from './parse-line.ts'
import { Refused } from './refused.ts'
import { icmpText, portText } from './values.ts'

/** Inclusive. */
export interface Ports {
  readonly low: number
  readonly high: number
}

/** One end of a rule: a prefix as `address/length`, an object group, or anything. */
export interface End {
  readonly prefix?: string
  readonly group?: string
  readonly ports?: Ports
}

/** What one line of an access list permits or denies; `text` is how the platform shows it, without its number. */
export interface AccessRule {
  readonly text: string
  readonly verdict: 'permit' | 'deny'
  /** the number of the upper-layer protocol; left out: any */
  readonly protocol?: number
  readonly source: End
  readonly destination: End
  readonly icmpType?: number
}

/** Forms of a rule behind its number, one for each kind of upper layer. */
export const RULE_FORMS: Readonly<Record<4 | 6, string>> = {
  4: ruleForm(4),
  6: ruleForm(6),
}

function ruleForm(family: 4 | 6): string {
  const [s, d] = [endForm(family, 's'), endForm(family, 'd')]
  const ip = family === 4 ? 'ip' : 'ipv6'
  const ports = (type: string, end: string): string =>
    `[eq <${end}port:${type}> | range <${end}port:${type}> <${end}to:${type}>]`
  const withPorts = (protocol: 'tcp' | 'udp'): string =>
    `<protocol=${protocol}> ${s} ${ports(`${protocol}port`, 's')} ${d} ${ports(`${protocol}port`, 'd')}`
  const icmp = `<protocol=icmp> ${s} ${d} [<icmp:icmp${family}>]`
  const other = `{<protocol=${ip}> | <protocol:protocol>} ${s} ${d}`
  return `<verdict=permit|deny> {${withPorts('tcp')} | ${withPorts('udp')} | ${icmp} | ${other}} [<log=log>]`
}

function endForm(family: 4 | 6, end: 's' | 'd'): string {
  return family === 4
    ? `{any | host <${end}host:a4> | object-group <${end}group:word> | <${end}net:a4> <${end}wild:a4>}`
    : `{any | host <${end}host:a6> | <${end}net:prefix6>}`
}

const NUMBERS = { 4: { tcp: 6, udp: 17, icmp: 1 }, 6: { tcp: 6, udp: 17, icmp: 58 } } as const

/** @throws Refused when the address and its wildcard make no prefix, or ports no range */
export function accessRule(family: 4 | 6, values: Values): AccessRule {
  const { verdict, protocol = '', icmp, log } = values
  const source = endOf(family, values, 's')
  const destination = endOf(family, values, 'd')
  const number = protocolNumber(family, protocol)
  const parts = [
    ...[verdict, protocolText(family, protocol), endText(family, source, protocol)],
    endText(family, destination, protocol),
    ...(icmp === undefined ? [] : [icmpText(family, Number(icmp))]),
    ...(log === undefined ? [] : ['log']),
  ]
  return {
    text: parts.join(' '),
    verdict: verdict === 'permit' ? 'permit' : 'deny',
    ...(number === undefined ? {} : { protocol: number }),
    ...{ source, destination },
    ...(icmp === undefined ? {} : { icmpType: Number(icmp) }),
  }
}

function protocolNumber(family: 4 | 6, word: string): number | undefined {
  if (word === 'ip' || word === 'ipv6') return undefined
  return word === 'tcp' || word === 'udp' || word === 'icmp' ? NUMBERS[family][word] : Number(word)
}

/** A number that has a name is shown by it. */
function protocolText(family: 4 | 6, word: string): string {
  return Object.entries(NUMBERS[family]).find(([, number]) => String(number) === word)?.[0] ?? word
}

function endOf(family: 4 | 6, values: Values, end: 's' | 'd'): End {
  const { [`${end}host`]: host, [`${end}group`]: group, [`${end}net`]: net } = values
  const { [`${end}wild`]: wildcard, [`${end}port`]: low, [`${end}to`]: high = low } = values
  if (low !== undefined && Number(high) < Number(low)) throw new Refused('% Invalid port range')
  return {
    ...(host === undefined ? {} : { prefix: `${host}/${family === 4 ? 32 : 128}` }),
    ...(group === undefined ? {} : { group }),
    ...(net === undefined ? {} : netOf(net, wildcard)),
    ...(low === undefined ? {} : { ports: { low: Number(low), high: Number(high) } }),
  }
}

/** The whole of a family is shown and meant as any. */
function netOf(net: string, wildcard: string | undefined): Pick<End, 'prefix'> {
  if (wildcard === undefined) return net.endsWith('/0') ? {} : { prefix: network6(net) }
  const length = wildcardLength(wildcard)
  if (length === undefined) throw new Refused('% Wildcard bits that are not the last ones are not simulated')
  return length === 0 ? {} : { prefix: `${network4(net, length)}/${length}` }
}

function endText(family: 4 | 6, end: End, protocol: string): string {
  const where = end.group === undefined ? whereText(family, end.prefix) : `object-group ${end.group}`
  if (end.ports === undefined) return where
  const [low, high] = [end.ports.low, end.ports.high].map((number) => portText(protocol, number))
  return end.ports.low === end.ports.high ? `${where} eq ${low}` : `${where} range ${low} ${high}`
}

function whereText(family: 4 | 6, prefix: string | undefined): string {
  if (prefix === undefined) return 'any'
  const [address = '', length = ''] = prefix.split('/')
  if (Number(length) === (family === 4 ? 32 : 128)) return `host ${address}`
  return family === 4 ? `${address} ${wildcard4(Number(length))}` : prefix
}
