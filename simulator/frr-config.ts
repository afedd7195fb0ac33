import { parseCidr } from './addresses.ts'
import { sessionsOf, sharedSubnet, type Topology } from './topology.ts'
import type { BgpSettings } from './topology-file.ts'

const DEFAULT_MAX_ROUTES = 100_000
/** Next hops that lead nowhere: one of documentation (RFC 5737), and the discard prefix of RFC 6666. */
const DISCARD = { 4: '192.0.2.1', 6: '100::1' } as const

/** What `vtysh.conf` says: that all daemons keep one configuration. */
export const VTYSH_CONF = 'service integrated-vtysh-config'

/** FRR's shell, for the daemons whose sockets are in a folder, with the `vtysh.conf` that is there. */
export function vtyshAt(folder: string): readonly string[] {
  return ['vtysh', '--vty_socket', folder, '--config_dir', folder]
}

/**
 * Three parts, in the order in which they are to be read. A route-map must be there before `router bgp`: the first
 * route after a start was lost otherwise.
 */
export function frrConfig(
  topology: Topology,
  router: string,
  settings: BgpSettings,
  bounds: string,
): readonly string[] {
  return [discardRoutes(router), bounds, daemonSettings(topology, router, settings)]
}

function discardRoutes(router: string): string {
  return `hostname ${router}
ip route ${DISCARD[4]}/32 blackhole
ipv6 route ${DISCARD[6]}/128 blackhole
bgp route-map delay-timer 0
`
}

function daemonSettings(topology: Topology, router: string, settings: BgpSettings): string {
  const { bmp } = settings
  const own = sessionsOf(topology, router)[0]?.own
  const target = bmp && sharedSubnet(topology, router, bmp.node, 4)[1]
  const report = bmp
    ? ` bmp targets lab
  bmp monitor ipv4 unicast pre-policy
  bmp monitor ipv4 unicast post-policy
  bmp monitor ipv6 unicast pre-policy
  bmp monitor ipv6 unicast post-policy
  bmp connect ${target} port ${bmp.port} min-retry 100 max-retry 1000
`
    : ''
  return `router bgp ${settings.asn}
 bgp router-id ${own}
${report}exit
`
}

/** The router's own bound, as birdBounds: every route that passes leads to the discard address. */
export function frrBounds(topology: Topology, router: string, settings: BgpSettings): string {
  const sessions = sessionsOf(topology, router)
  const neighbours = sessions.map(({ name, peer, peerAsn }) =>
    [
      ` neighbor ${peer} remote-as ${peerAsn}`,
      ` neighbor ${peer} description ${name}`,
      ` neighbor ${peer} passive`,
      ...(settings.password === undefined ? [] : [` neighbor ${peer} password ${settings.password}`]),
    ].join('\n'),
  )
  const limit = settings.maxRoutes ?? DEFAULT_MAX_ROUTES
  const family = (bits: 4 | 6): string => {
    const lines = sessions.flatMap(({ peer }) => [
      `  neighbor ${peer} activate`,
      `  neighbor ${peer} soft-reconfiguration inbound`,
      `  neighbor ${peer} route-map BLACKHOLE${bits} in`,
      `  neighbor ${peer} route-map NOTHING out`,
      `  neighbor ${peer} maximum-prefix ${limit}`,
    ])
    return [` address-family ipv${bits} unicast`, ...lines, ' exit-address-family'].join('\n')
  }
  // two communities in one line: a route must carry both
  return `bgp community-list standard BLACKHOLE permit ${settings.marking} ${settings.blackhole}
${hostLists(settings, 4)}
${hostLists(settings, 6)}
${routeMap(4)}
${routeMap(6)}
route-map NOTHING deny 10
exit
router bgp ${settings.asn}
 no bgp default ipv4-unicast
${neighbours.join('\n')}
${family(4)}
${family(6)}
exit
`
}

/** No list at all would match everything, so each ends with a line that denies. */
function hostLists(settings: BgpSettings, family: 4 | 6): string {
  const [word, bits, all] = family === 4 ? ['ip', 32, '0.0.0.0/0'] : ['ipv6', 128, '::/0']
  const of = (prefixes: readonly string[]): string[] =>
    prefixes.filter((text) => parseCidr(text).family === family)
  const hosts = (text: string): string => (text.endsWith(`/${bits}`) ? text : `${text} ge ${bits}`)
  return [
    ...of(settings.never ?? []).map((text) => `${word} prefix-list HOSTS${family} deny ${hosts(text)}`),
    ...of(settings.own).map((text) => `${word} prefix-list HOSTS${family} permit ${hosts(text)}`),
    `${word} prefix-list HOSTS${family} deny ${all} le ${bits}`,
  ].join('\n')
}

function routeMap(family: 4 | 6): string {
  const [word, set] =
    family === 4
      ? ['ip', `set ip next-hop ${DISCARD[4]}`]
      : ['ipv6', `set ipv6 next-hop global ${DISCARD[6]}`]
  return `route-map BLACKHOLE${family} permit 10
 match ${word} address prefix-list HOSTS${family}
 match community BLACKHOLE
 ${set}
exit`
}
