import { isIPv4, isIPv6 } from 'node:net'
import { text6 } from './address.ts'

/** How a word of a line is read: its canonical text, or undefined when it is not of the type. */
type Reader = (token: string) => string | undefined

function numberUpTo(max: number, min = 0): Reader {
  return (token) => {
    if (!/^\d{1,10}$/.test(token)) return undefined
    const value = Number(token)
    return value >= min && value <= max ? String(value) : undefined
  }
}

/** Names of well-known ports, as the platform shows them in place of numbers. */
const PORTS = {
  tcp: { ftp: 21, telnet: 23, smtp: 25, domain: 53, www: 80, pop3: 110, bgp: 179, ldp: 646 },
  udp: { domain: 53, bootps: 67, bootpc: 68, tftp: 69, ntp: 123, snmp: 161, snmptrap: 162, syslog: 514 },
} as const

const ICMP = {
  4: { echo: 8, 'echo-reply': 0, redirect: 5, 'time-exceeded': 11, unreachable: 3 },
  6: {
    'destination-unreachable': 1,
    'echo-reply': 129,
    'echo-request': 128,
    'nd-na': 136,
    'nd-ns': 135,
    'packet-too-big': 2,
    'parameter-problem': 4,
    'router-advertisement': 134,
    'router-solicitation': 133,
    'time-exceeded': 3,
  },
} as const

/** A number, or the name of one. */
function named(names: Readonly<Record<string, number>>, max: number): Reader {
  const read = numberUpTo(max)
  return (token) => {
    const name = token.toLowerCase()
    return Object.hasOwn(names, name) ? String(names[name]) : read(token)
  }
}

function nameIn(names: Readonly<Record<string, number>>, number: number): string {
  return Object.entries(names).find(([, value]) => value === number)?.[0] ?? String(number)
}

/** @returns the name that the platform shows for a type of ICMP, or the number */
export function icmpText(family: 4 | 6, type: number): string {
  return nameIn(ICMP[family], type)
}

/** @returns the name that the platform shows for it, or the number */
export function portText(protocol: string, number: number): string {
  return protocol === 'tcp' || protocol === 'udp' ? nameIn(PORTS[protocol], number) : String(number)
}

const INTERFACE = /^([a-z-]+)(\d[\d/.]*)$/i
const INTERFACE_KINDS = ['GigabitEthernet', 'TenGigabitEthernet', 'HundredGigE', 'Loopback']

/** `gi0/0/1` is GigabitEthernet0/0/1. */
function interfaceName(token: string): string | undefined {
  const [, kind = '', number] = INTERFACE.exec(token) ?? []
  const fits = INTERFACE_KINDS.filter((one) => one.toLowerCase().startsWith(kind.toLowerCase()))
  return number !== undefined && fits.length === 1 ? `${fits[0]}${number}` : undefined
}

const isWord: Reader = (token) => (/^[\x21-\x3e\x40-\x7e]{1,64}$/.test(token) ? token : undefined)

export const VALUE_TYPES = {
  word: isWord,
  interface: interfaceName,
  hostname: (token) => (/^[a-z][a-z0-9._-]{0,62}$/i.test(token) ? token : undefined),
  a4: (token) => (isIPv4(token) ? token : undefined),
  a6: (token) => (isIPv6(token) && !token.includes('%') ? text6(token) : undefined),
  prefix6: (token) => {
    const [address = '', length = '', ...more] = token.split('/')
    if (more.length > 0 || !isIPv6(address) || numberUpTo(128)(length) === undefined) return undefined
    return `${text6(address)}/${Number(length)}`
  },
  slash4: (token) =>
    numberUpTo(32)(token.slice(1)) !== undefined && token.startsWith('/') ? token : undefined,
  seq: numberUpTo(2_147_483_647, 1),
  asn: numberUpTo(4_294_967_295, 1),
  protocol: numberUpTo(255),
  icmp4: named(ICMP[4], 255),
  icmp6: named(ICMP[6], 255),
  count: numberUpTo(512),
  minutes: numberUpTo(35_791),
  tcpport: named(PORTS.tcp, 65535),
  udpport: named(PORTS.udp, 65535),
  /** all that is left of the line, blanks and all */
  rest: (token) => token,
  /** as `rest`, of lines that have a filter at their end */
  pipe: (token) => (token.startsWith('|') ? token : undefined),
} as const satisfies Readonly<Record<string, Reader>>

export type ValueType = keyof typeof VALUE_TYPES

/** Whether the type takes the rest of the line and not a word. */
export function takesRest(type: ValueType): boolean {
  return type === 'rest' || type === 'pipe'
}
