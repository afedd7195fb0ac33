import { emptyInterface, type InterfaceConfig, type IosConfig } from './config.ts'

/** As `show ip interface brief`. */
export function interfaceBrief(config: IosConfig): string[] {
  return [
    'Interface              IP-Address      OK? Method Status                Protocol',
    ...[...config.interfaces].map(([name, { address4, isShut }]) => {
      const address = address4?.split('/')[0] ?? 'unassigned'
      const method = address4 === undefined ? 'unset ' : 'manual'
      const [status, protocol] = isShut ? ['administratively down', 'down'] : ['up', 'up']
      return `${name.padEnd(22)} ${address.padEnd(15)} YES ${method} ${status.padEnd(21)} ${protocol}`
    }),
  ]
}

/** As `show interfaces`, of its first lines. */
export function interfaceState(name: string, { isShut, description, address4 }: InterfaceConfig): string[] {
  const status = isShut ? 'administratively down, line protocol is down' : 'up, line protocol is up'
  return [
    `${name} is ${status}`,
    ...(description === undefined ? [] : [`  Description: ${description}`]),
    ...(address4 === undefined ? [] : [`  Internet address is ${address4}`]),
  ]
}

/** As `show ip interface NAME`, of the lines about addresses and access lists. Both families pass without addresses here. */
export function ipInterface(name: string, settings: InterfaceConfig): string[] {
  const { address4, filters4 } = settings
  return [
    ...interfaceState(name, { ...emptyInterface(), isShut: settings.isShut }),
    address4 === undefined ? '  Interface is unnumbered.' : `  Internet address is ${address4}`,
    '  Outgoing Common access list is not set',
    `  Outgoing access list is ${filters4.out ?? 'not set'}`,
    '  Inbound Common access list is not set',
    `  Inbound  access list is ${filters4.in ?? 'not set'}`,
  ]
}

/** As `show ipv6 interface NAME`: a list is named only where there is one. */
export function ipv6Interface(name: string, settings: InterfaceConfig): string[] {
  const { addresses6, filters6 } = settings
  return [
    ...interfaceState(name, { ...emptyInterface(), isShut: settings.isShut }),
    '  IPv6 is enabled, link-local address is FE80::1',
    ...addresses6.map((address) => `    ${address}`),
    ...(filters6.in === undefined
      ? []
      : ['  Input features: Access List', `  Inbound access list ${filters6.in}`]),
    ...(filters6.out === undefined
      ? []
      : ['  Output features: Access List', `  Outgoing access list ${filters6.out}`]),
  ]
}

/** As `show ip bgp summary`. No BGP is spoken: who is not shut down is shown as established since the start. */
export function bgpSummary({ bgp, interfaces }: IosConfig, family: 4 | 6, uptimeMs: number): string[] {
  if (!bgp) return ['% BGP not active']
  const identifier = [...interfaces.values()].flatMap(({ address4 }) => address4?.split('/')[0] ?? [])[0]
  const own = [...bgp.neighbours].filter(([address]) => address.includes(':') === (family === 6))
  return [
    `BGP router identifier ${identifier ?? '0.0.0.0'}, local AS number ${bgp.asn}`,
    'BGP table version is 1, main routing table version 1',
    '',
    'Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd',
    ...own.flatMap(([address, { remoteAs, isShut }]) => {
      const counts = `4 ${remoteAs.padStart(12)}       0       0        1    0    0`
      const state = isShut ? 'never    Idle (Admin)' : `${upTime(uptimeMs)}        0`
      // an address that leaves no room for the rest gets a line of its own
      return address.length > 15
        ? [address, `${' '.repeat(16)}${counts} ${state}`]
        : [`${address.padEnd(15)} ${counts} ${state}`]
    }),
  ]
}

function upTime(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return [seconds / 3_600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':')
}
