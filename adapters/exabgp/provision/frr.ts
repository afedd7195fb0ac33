import type { Family } from '../../../src/domain/prefix.ts'
import { type Bounds, familiesTaken, takes } from './bounds.ts'
import {
  type Dialect,
  flowMapName,
  type HostEntry,
  hostsIn,
  nothingOutName,
  policyLines,
  reloadNote,
  routeMapName,
} from './ios-like.ts'
import {
  commented,
  finished,
  hasFlow,
  heading,
  keepalive,
  keyPlaceholder,
  LINUX_URPF,
  siteHints,
} from './words.ts'

const DIALECT: Dialect = {
  communityList: 'bgp community-list standard',
  largeCommunityList: 'bgp large-community-list standard',
  setNextHop: { 4: 'set ip next-hop', 6: 'set ipv6 next-hop global' },
  end: 'exit',
  prefixList: (family, name, entries) => {
    const word = family === 4 ? 'ip' : 'ipv6'
    return entries.map(
      (entry, index) => `${word} prefix-list ${name} seq ${(index + 1) * 5} ${entryText(entry, family)}`,
    )
  },
}

function entryText({ verb, prefix }: HostEntry, family: Family): string {
  return `${verb} ${hostsIn(prefix, family)}`
}

/** FRR 8 and later (docs.frrouting.org: "Route Maps", "BGP"). */
export function frrText(bounds: Bounds): string {
  const { local, speaker } = bounds
  const shut = (no: string): string =>
    `vtysh -c 'configure terminal' -c 'router bgp ${local.as}' -c '${no}neighbor ${speaker.address} shutdown'`
  return finished([
    ...commented('!', [...heading(bounds, 'FRR', { off: shut(''), on: shut('no ') }), ...notes(bounds)]),
    ...familiesTaken(bounds, 'unicast').map((family) =>
      family === 4
        ? `ip route ${bounds.discard[4]}/32 blackhole`
        : `ipv6 route ${bounds.discard[6]}/128 blackhole`,
    ),
    // A change of a route map takes effect at once, and the maps stand before the neighbour: the first route was lost otherwise (measured).
    'bgp route-map delay-timer 0',
    ...policyLines(bounds, DIALECT),
    `router bgp ${local.as}`,
    ...neighbourLines(bounds).map((line) => ` neighbor ${speaker.address} ${line}`),
    ...familyLines(bounds),
    'exit',
    ...commented('!', siteHints(bounds)),
  ])
}

function notes(bounds: Bounds): string[] {
  const flow = [
    'FRR 8.4 validates no flow route, limits their number nowhere, and installs none in the kernel (measured): it can only pass them on.',
    'zebra of FRR 8.4.4 dies of them now and then (measured: 5 of 220 starts), and blackholes are not installed from then on: give it no flow routes where it enforces those.',
  ]
  return [
    reloadNote(bounds),
    ...(familiesTaken(bounds, 'unicast').length === 0
      ? []
      : [
          'FRR ends the session above maximum-prefix, and everything is let go with it: it cannot refuse the excess alone.',
        ]),
    ...(hasFlow(bounds) ? flow : []),
    ...(bounds.urpf ? LINUX_URPF : []),
    ...(bounds.hops === 'gtsm' && bounds.isInternal
      ? ['FRR checks the TTL (RFC 5082) of eBGP neighbours alone: none here.']
      : []),
  ]
}

function neighbourLines(bounds: Bounds): string[] {
  const { speaker, local, holdTime } = bounds
  return [
    `remote-as ${speaker.as}`,
    `description ${bounds.session}`,
    'passive',
    `update-source ${local.address}`,
    `timers ${keepalive(bounds)} ${holdTime}`,
    'graceful-restart-helper',
    ...hops(bounds),
    ...(bounds.hasKey ? [`password ${keyPlaceholder(bounds)}`] : []),
  ]
}

/** Over eBGP a next hop that is not connected, such as the discard address, counts only where more hops may be. */
function hops({ hops, isInternal }: Bounds): string[] {
  if (isInternal) return []
  if (hops === 'gtsm') return ['ttl-security hops 1']
  return [`ebgp-multihop ${hops === 'direct' ? 2 : Math.max(2, hops.ttl)}`]
}

function familyLines(bounds: Bounds): string[] {
  const { address } = bounds.speaker
  const inside = (name: string, lines: readonly string[]): string[] => [
    ` address-family ${name}`,
    ...lines.map((line) => `  ${line}`),
    ' exit-address-family',
  ]
  const taken = (map: string): string[] => [
    `neighbor ${address} activate`,
    `neighbor ${address} soft-reconfiguration inbound`,
    `neighbor ${address} route-map ${map} in`,
    `neighbor ${address} route-map ${nothingOutName(bounds)} out`,
  ]
  return [
    ...(takes(bounds, 'unicast', 4) ? [] : inside('ipv4 unicast', [`no neighbor ${address} activate`])),
    ...familiesTaken(bounds, 'unicast').flatMap((family) =>
      inside(`ipv${family} unicast`, [
        ...taken(routeMapName(bounds, family)),
        `neighbor ${address} maximum-prefix ${bounds.maxRoutes}`,
      ]),
    ),
    ...familiesTaken(bounds, 'flow').flatMap((family) =>
      inside(`ipv${family} flowspec`, [...taken(flowMapName(bounds)), '! local-install INTERFACE']),
    ),
  ]
}
