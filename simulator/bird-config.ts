import { parseCidr } from './addresses.ts'
import { nodeOf, sharedSubnet, type Topology } from './topology.ts'
import type { BirdSettings } from './topology-file.ts'

const DEFAULT_MAX_ROUTES = 100_000

/**
 * A router that takes blackholes from one speaker and from nobody else. Its import policy is the bound on what
 * any bug of a controller can do here: host routes, in own space, marked, never the network's own addresses.
 */
export function birdConfig(topology: Topology, router: string, settings: BirdSettings): string {
  const [own, peer] = sharedSubnet(topology, router, settings.speaker.node, 4)
  const password = settings.password === undefined ? '' : `  password "${settings.password}";\n`
  return `router id ${own};
log stderr { info, remote, warning, error, auth, fatal, bug };

${policy(settings, 4)}
${policy(settings, 6)}
protocol device {}
${kernel(4)}
${kernel(6)}
protocol bgp speaker {
  description "${settings.speaker.node} of ${nodeOf(topology, router).name}";
  local ${own} as ${settings.asn};
  neighbor ${peer} as ${settings.speaker.asn};
  passive on;
  graceful restart on;
  error wait time 1, 5;
${password}${channel(4, settings)}${channel(6, settings)}}
`
}

function policy(settings: BirdSettings, family: 4 | 6): string {
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
  dest = RTD_BLACKHOLE;
  accept;
}`
}

/** `persist`: what was blocked stays blocked when this daemon ends. */
function kernel(family: 4 | 6): string {
  return `protocol kernel kernel${family} {
  persist;
  ipv${family} { import none; export where proto = "speaker"; };
}`
}

function channel(family: 4 | 6, settings: BirdSettings): string {
  const limit = settings.maxRoutes ?? DEFAULT_MAX_ROUTES
  return `  ipv${family} { import filter blackhole${family}; import limit ${limit} action block; export none; };\n`
}
