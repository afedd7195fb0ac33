import { parseCidr } from './addresses.ts'
import { nodeOf, type Session, sessionsOf, sharedSubnet, type Topology } from './topology.ts'
import type { BgpSettings } from './topology-file.ts'

const DEFAULT_MAX_ROUTES = 100_000
/** To validate a flow specification, BIRD needs a trie of the routes that it holds it against. */
const FLOW_TABLES = `ipv4 table master4 { trie yes; };
ipv6 table master6 { trie yes; };
flow4 table f4;
flow6 table f6;
`

/**
 * What a BIRD router is without its speakers, which `bounds` brings in: what it blackholes goes to the kernel.
 * `persist`: what was blocked stays blocked when this daemon ends.
 */
export function birdConfig(
  topology: Topology,
  router: string,
  settings: BgpSettings,
  bounds: string,
): string {
  const own = sessionsOf(topology, router)[0]?.own
  const isReflector = settings.clients !== undefined
  const kernel = (family: 4 | 6): string => `protocol kernel kernel${family} {
  persist;
  ipv${family} { import none; export where source = RTS_BGP; };
}
`
  return `router id ${own};
log stderr { info, remote, warning, error, auth, fatal, bug };
${settings.flow || isReflector ? FLOW_TABLES : ''}
protocol device {}
${isReflector ? '' : kernel(4) + kernel(6)}
include "${bounds}";
${(settings.clients ?? []).map((client) => clientProtocol(topology, router, client, settings)).join('')}`
}

/**
 * The router's own bound on what any bug of a controller can do here: host routes, in own space, marked, never the
 * network's own addresses, from its speakers and nobody else.
 */
export function birdBounds(topology: Topology, router: string, settings: BgpSettings): string {
  const protocols = sessionsOf(topology, router).map((session) => speakerProtocol(router, session, settings))
  return [policy(settings, 4), policy(settings, 6), ...protocols].join('\n')
}

function speakerProtocol(
  router: string,
  { name, own, peer, peerAsn }: Session,
  settings: BgpSettings,
): string {
  const password = settings.password === undefined ? '' : `  password "${settings.password}";\n`
  return `protocol bgp ${name} {
  description "${name} of ${router}";
  local ${own} as ${settings.asn};
  neighbor ${peer} as ${peerAsn};
  passive on;
  graceful restart on;
  error wait time 1, 5;
${password}${channel(4, settings)}${channel(6, settings)}${flowChannels(settings)}}
`
}

/** A client of this route reflector waits for it, as a router waits for its speaker. */
function clientProtocol(topology: Topology, router: string, client: string, settings: BgpSettings): string {
  const [own, peer] = sharedSubnet(topology, router, client, 4)
  const families = [
    ...['ipv4', 'ipv6'].map((name) => `  ${name} { import none; export where source = RTS_BGP; };`),
    ...[4, 6].map((one) => `  flow${one} { table f${one}; import none; export all; };`),
  ]
  return `protocol bgp client_${nodeOf(topology, client).name.replaceAll('-', '_')} {
  local ${own} as ${settings.asn};
  neighbor ${peer} as ${settings.asn};
  rr client;
  connect delay time 1;
  connect retry time 2;
  error wait time 1, 5;
${families.join('\n')}
}
`
}

function policy(settings: BgpSettings, family: 4 | 6): string {
  const bits = family === 4 ? 32 : 128
  const hosts = (prefixes: readonly string[]): string[] =>
    prefixes.filter((text) => parseCidr(text).family === family).map((text) => `${text}{${bits},${bits}}`)
  const own = hosts(settings.own)
  const never = hosts(settings.never ?? [])
  const community = (text: string): string => `(${text.replace(':', ',')})`
  return `filter blackhole${family} {
${own.length > 0 ? `  if net !~ [ ${own.join(', ')} ] then reject;` : '  reject;'}
${never.length > 0 ? `  if net ~ [ ${never.join(', ')} ] then reject;` : ''}
  if ${community(settings.marking)} !~ bgp_community then reject;
  if ${community(settings.blackhole)} !~ bgp_community then reject;
${settings.clients ? '' : '  dest = RTD_BLACKHOLE;\n'}  accept;
}
filter marked${family} {
  if ${community(settings.marking)} !~ bgp_community then reject;
  accept;
}`
}

function channel(family: 4 | 6, settings: BgpSettings): string {
  const limit = settings.maxRoutes ?? DEFAULT_MAX_ROUTES
  return `  ipv${family} { import filter blackhole${family}; import limit ${limit} action block; export none; };\n`
}

/** The check of RFC 8955 §6 needs routes to hold a destination against, those of the family's main table. */
function flowChannels(settings: BgpSettings): string {
  if (settings.flow === undefined && settings.clients === undefined) return ''
  return [4, 6]
    .map((family) => {
      const validate = settings.flow === 'validate' ? ` base table master${family}; validate on;` : ''
      return `  flow${family} { table f${family};${validate} import filter marked${family}; export none; };\n`
    })
    .join('')
}
