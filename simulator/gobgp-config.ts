import { parseCidr } from './addresses.ts'
import { type Session, sessionsOf, sharedSubnet, type Topology } from './topology.ts'
import type { BgpSettings } from './topology-file.ts'

const DEFAULT_MAX_ROUTES = 100_000
const FAMILIES = ['ipv4-unicast', 'ipv6-unicast', 'ipv4-flowspec', 'ipv6-flowspec'] as const

/** TOML: `bounds` may open tables of its own, so this part opens none that another could want to add to. */
export function gobgpConfig(
  topology: Topology,
  router: string,
  settings: BgpSettings,
  bounds: string,
): string {
  const sessions = sessionsOf(topology, router)
  const addresses = [...new Set(sessions.map(({ own }) => `"${own}"`))]
  const { bmp } = settings
  const report = bmp
    ? `[[bmp-servers]]
[bmp-servers.config]
address = "${sharedSubnet(topology, router, bmp.node, 4)[1]}"
port = ${bmp.port}
route-monitoring-policy = "all"
statistics-timeout = 15
`
    : ''
  return `[global.config]
as = ${settings.asn}
router-id = "${sessions[0]?.own}"
local-address-list = [${addresses.join(', ')}]
${report}${bounds}`
}

/**
 * The router's own bound, as birdBounds. Of a flow specification GoBGP's policies see the communities alone: what it
 * may be about, the agent bounds.
 */
export function gobgpBounds(topology: Topology, router: string, settings: BgpSettings): string {
  const neighbours = sessionsOf(topology, router).map((session) => neighbour(session, settings))
  return `${prefixSets(settings)}
[[defined-sets.bgp-defined-sets.community-sets]]
community-set-name = "marked"
community-list = ["${settings.marking}"]
[[defined-sets.bgp-defined-sets.community-sets]]
community-set-name = "blackhole"
community-list = ["${settings.marking}", "${settings.blackhole}"]
[[policy-definitions]]
name = "bounds"
${[4, 6].map((family) => unicastStatements(family as 4 | 6, settings)).join('')}
[[policy-definitions.statements]]
name = "flow"
[policy-definitions.statements.conditions.bgp-conditions]
afi-safi-in-list = ["ipv4-flowspec", "ipv6-flowspec"]
[policy-definitions.statements.conditions.bgp-conditions.match-community-set]
community-set = "marked"
match-set-options = "all"
[policy-definitions.statements.actions]
route-disposition = "accept-route"
[global.apply-policy.config]
import-policy-list = ["bounds"]
default-import-policy = "reject-route"
${neighbours.join('')}`
}

function prefixSets(settings: BgpSettings): string {
  const sets = ([4, 6] as const).flatMap((family) => {
    const bits = family === 4 ? 32 : 128
    const of = (prefixes: readonly string[]): string[] =>
      prefixes.filter((text) => parseCidr(text).family === family)
    const set = (name: string, prefixes: readonly string[]): string => {
      const list = of(prefixes).map(
        (text) => `{ ip-prefix = "${text}", masklength-range = "${bits}..${bits}" }`,
      )
      return list.length === 0
        ? ''
        : `[[defined-sets.prefix-sets]]\nprefix-set-name = "${name}${family}"\nprefix-list = [${list.join(', ')}]\n`
    }
    return [set('own', settings.own), set('never', settings.never ?? [])]
  })
  return sets.join('')
}

function unicastStatements(family: 4 | 6, settings: BgpSettings): string {
  const has = (prefixes: readonly string[]): boolean =>
    prefixes.some((text) => parseCidr(text).family === family)
  const statement = (set: string, disposition: string, more: string): string => `
[[policy-definitions.statements]]
name = "${set}${family}"
[policy-definitions.statements.conditions.match-prefix-set]
prefix-set = "${set}${family}"
match-set-options = "any"
${more}[policy-definitions.statements.actions]
route-disposition = "${disposition}"
`
  const communities = `[policy-definitions.statements.conditions.bgp-conditions.match-community-set]
community-set = "blackhole"
match-set-options = "all"
`
  return [
    has(settings.never ?? []) ? statement('never', 'reject-route', '') : '',
    has(settings.own) ? statement('own', 'accept-route', communities) : '',
  ].join('')
}

function neighbour({ name, own, peer, peerAsn }: Session, settings: BgpSettings): string {
  const password = settings.password === undefined ? '' : `auth-password = "${settings.password}"\n`
  const limit = settings.maxRoutes ?? DEFAULT_MAX_ROUTES
  const families = FAMILIES.map(
    (family) => `[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "${family}"
[neighbors.afi-safis.mp-graceful-restart.config]
enabled = true
[neighbors.afi-safis.prefix-limit.config]
max-prefixes = ${limit}
`,
  )
  return `[[neighbors]]
[neighbors.config]
neighbor-address = "${peer}"
peer-as = ${peerAsn}
description = "${name}"
${password}[neighbors.transport.config]
passive-mode = true
local-address = "${own}"
[neighbors.graceful-restart.config]
enabled = true
restart-time = 120
${families.join('')}`
}
