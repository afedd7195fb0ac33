import { mask4 } from './address.ts'
import type { AccessEntry, AccessList, Bgp, InterfaceConfig, IosConfig, ObjectGroup } from './config.ts'

/** The configuration as `show running-config` lists it, without the lines around it: typed again, it makes the same. */
export function configLines(config: IosConfig): string[] {
  return [
    '!',
    `hostname ${config.hostname}`,
    '!',
    ...[...config.groups].flatMap(([name, group]) => [...groupLines(name, group), '!']),
    ...[...config.interfaces].flatMap(([name, one]) => [...interfaceLines(name, one), '!']),
    ...(config.bgp ? [...bgpLines(config.bgp), '!'] : []),
    ...[...config.lists[4]].flatMap(([name, list]) => [...listLines(4, name, list), '!']),
    ...[...config.lists[6]].flatMap(([name, list]) => [...listLines(6, name, list), '!']),
  ]
}

/** The platform puts a blank behind what it says of a group. */
function groupLines(name: string, { description, members }: ObjectGroup): string[] {
  const inside = [...(description === undefined ? [] : [`description ${description}`]), ...members.keys()]
  return [`object-group network ${name} `, ...inside.map((line) => ` ${line} `)]
}

export function interfaceLines(name: string, one: InterfaceConfig): string[] {
  const { description, address4, addresses6, filters4, filters6, isShut } = one
  return [
    `interface ${name}`,
    ...(description === undefined ? [] : [` description ${description}`]),
    address4 === undefined ? ' no ip address' : ` ip address ${addressAndMask(address4)}`,
    ...DIRECTIONS.flatMap((way) =>
      filters4[way] === undefined ? [] : [` ip access-group ${filters4[way]} ${way}`],
    ),
    ...(isShut ? [' shutdown'] : []),
    ...addresses6.map((address) => ` ipv6 address ${address}`),
    ...DIRECTIONS.flatMap((way) =>
      filters6[way] === undefined ? [] : [` ipv6 traffic-filter ${filters6[way]} ${way}`],
    ),
  ]
}

const DIRECTIONS = ['in', 'out'] as const

function addressAndMask(cidr: string): string {
  const [address = '', length = ''] = cidr.split('/')
  return `${address} ${mask4(Number(length))}`
}

function bgpLines({ asn, neighbours }: Bgp): string[] {
  return [
    `router bgp ${asn}`,
    ' bgp log-neighbor-changes',
    ...[...neighbours].flatMap(([address, { remoteAs, description, isShut }]) => [
      ` neighbor ${address} remote-as ${remoteAs}`,
      ...(description === undefined ? [] : [` neighbor ${address} description ${description}`]),
      ...(isShut ? [` neighbor ${address} shutdown`] : []),
    ]),
  ]
}

function listLines(family: 4 | 6, name: string, list: AccessList): string[] {
  const head = family === 4 ? `ip access-list extended ${name}` : `ipv6 access-list ${name}`
  const number = family === 4 ? '' : 'sequence '
  return [head, ...[...list].map(([sequence, entry]) => ` ${number}${sequence} ${entryText(entry)}`)]
}

export function entryText(entry: AccessEntry): string {
  return 'rule' in entry ? entry.rule.text : `remark ${entry.remark}`
}

/** Sections of a configuration: a line and those behind it that are set in. */
export function sections(lines: readonly string[]): string[][] {
  const found: string[][] = []
  for (const line of lines) {
    const last = found.at(-1)
    if (line.startsWith(' ') && last) last.push(line)
    else found.push([line])
  }
  return found
}
