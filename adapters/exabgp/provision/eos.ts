import { type Bounds, familiesTaken, takes } from './bounds.ts'
import {
  type Dialect,
  flowMapName,
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
  siteHints,
  validationWords,
} from './words.ts'

const DIALECT: Dialect = {
  communityList: 'ip community-list',
  largeCommunityList: 'ip large-community-list',
  setNextHop: { 4: 'set ip next-hop', 6: 'set ipv6 next-hop' },
  end: '   exit',
  prefixList: (family, name, entries) => {
    const lines = entries.map(
      ({ verb, prefix }, index) => `   seq ${(index + 1) * 5} ${verb} ${hostsIn(prefix, family)}`,
    )
    return [`${family === 4 ? 'ip' : 'ipv6'} prefix-list ${name}`, ...lines, '   exit']
  },
}

/** Arista EOS 4.2x (arista.com, "Border Gateway Protocol", and the TOI of BGP flowspec in 4.21.3F). Never run. */
export function eosText(bounds: Bounds): string {
  const { local, speaker } = bounds
  const shut = (no: string): string =>
    `configure ; router bgp ${local.as} ; ${no}neighbor ${speaker.address} shutdown`
  return finished([
    ...commented('!', [
      ...heading(bounds, 'Arista EOS', { off: shut(''), on: shut('no ') }),
      ...notes(bounds),
    ]),
    ...familiesTaken(bounds, 'unicast').map((family) =>
      family === 4 ? `ip route ${bounds.discard[4]}/32 Null0` : `ipv6 route ${bounds.discard[6]}/128 Null0`,
    ),
    ...policyLines(bounds, DIALECT),
    `router bgp ${local.as}`,
    ...neighbourLines(bounds).map((line) => `   neighbor ${speaker.address} ${line}`),
    ...familyLines(bounds),
    '   exit',
    ...commented('!', [...interfaces(bounds), ...siteHints(bounds)]),
  ])
}

function notes(bounds: Bounds): string[] {
  return [
    'This output was never run on a router of this make: read it before you use it.',
    reloadNote(bounds),
    `Where ${bounds.local.address} is a loopback's, add: neighbor ${bounds.speaker.address} update-source LOOPBACK`,
    'EOS ends the session above maximum-routes, and everything is let go with it: it cannot refuse the excess alone.',
    'It helps a neighbour that restarts unless "no graceful-restart-helper" was said.',
  ]
}

function neighbourLines(bounds: Bounds): string[] {
  const { speaker, holdTime } = bounds
  return [
    `remote-as ${speaker.as}`,
    `description Cordon, ${bounds.device}`,
    'passive',
    `timers ${keepalive(bounds)} ${holdTime}`,
    // Of all families: the platform has one limit for a neighbour.
    `maximum-routes ${Math.max(...limits(bounds))}`,
    ...hops(bounds),
    ...(bounds.hasKey ? [`password ${keyPlaceholder(bounds)}`] : []),
  ]
}

function limits(bounds: Bounds): number[] {
  return [
    ...familiesTaken(bounds, 'unicast').map(() => bounds.maxRoutes),
    ...familiesTaken(bounds, 'flow').map(() => bounds.maxFlows),
  ]
}

function hops({ hops, isInternal }: Bounds): string[] {
  if (hops === 'gtsm') return ['ttl maximum-hops 1']
  if (isInternal) return []
  // A next hop that is not connected, such as the discard address, counts only where more hops may be.
  return [`ebgp-multihop ${hops === 'direct' ? 2 : Math.max(2, hops.ttl)}`]
}

function familyLines(bounds: Bounds): string[] {
  const { address } = bounds.speaker
  const inside = (name: string, lines: readonly string[]): string[] => [
    `   address-family ${name}`,
    ...lines.map((line) => `      ${line}`),
    '      exit',
  ]
  const taken = (map: string): string[] => [
    `neighbor ${address} activate`,
    `neighbor ${address} route-map ${map} in`,
    `neighbor ${address} route-map ${nothingOutName(bounds)} out`,
  ]
  return [
    ...(takes(bounds, 'unicast', 4) ? [] : inside('ipv4', [`no neighbor ${address} activate`])),
    ...familiesTaken(bounds, 'unicast').flatMap((family) =>
      inside(`ipv${family}`, taken(routeMapName(bounds, family))),
    ),
    ...familiesTaken(bounds, 'flow').flatMap((family) =>
      inside(`flow-spec ipv${family}`, taken(flowMapName(bounds))),
    ),
  ]
}

/** Its configuration model knows of no statement about it (Arista's own AVD, address-family flow-spec). */
function validation({ isFlowValidated, isInternal }: Bounds): string[] {
  const says = 'EOS has no statement that switches this check on or off'
  if (isFlowValidated) return [`${says}: do not rely on it as a bound.`]
  const then = isInternal ? 'say "validates: true"' : 'speak iBGP and say "validates: true"'
  return [
    `${says}. Where "show bgp flow-spec ipv4" or "ipv6" lists less than the speaker sends, ${then}:`,
    '  every rule then names a destination (own aggregates, or both halves of the Internet), and passes (RFC 9117 section 4).',
  ]
}

function interfaces(bounds: Bounds): string[] {
  const unicast = familiesTaken(bounds, 'unicast')
  const flow = familiesTaken(bounds, 'flow').map((family) => `ipv${family}`)
  return [
    ...(hasFlow(bounds)
      ? [
          validationWords(bounds),
          ...validation(bounds),
          `INTERFACES: on each that faces the outside: "interface INTERFACE" and "flow-spec ${flow.join(' ')}".`,
        ]
      : []),
    ...(bounds.urpf && unicast.length > 0
      ? [
          'INTERFACES: uRPF, for blackholes by source (RFC 5635), on each interface towards the outside:',
          ...unicast.map(
            (family) => `   ${family === 4 ? 'ip' : 'ipv6'} verify unicast source reachable-via any`,
          ),
        ]
      : []),
  ]
}
