import type { Family } from '../../../src/domain/prefix.ts'
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
  communityList: 'ip community-list standard',
  largeCommunityList: 'ip large-community-list standard',
  setNextHop: { 4: 'set ip next-hop', 6: 'set ipv6 next-hop' },
  end: ' exit',
  prefixList: (family, name, entries) => {
    const word = family === 4 ? 'ip' : 'ipv6'
    return entries.map(
      ({ verb, prefix }, index) =>
        `${word} prefix-list ${name} seq ${(index + 1) * 5} ${verb} ${hostsIn(prefix, family)}`,
    )
  },
}

/**
 * IOS XE (Cisco, "IP Routing: BGP Configuration Guide": flowspec client, TTL security, maximum-prefix; and the module
 * Cisco-IOS-XE-bgp for `validation off`, which leaves on the check of redirects to addresses alone). Never run.
 */
export function iosxeText(bounds: Bounds): string {
  const { local, speaker } = bounds
  const shut = (no: string): string =>
    `configure terminal ; router bgp ${local.as} ; ${no}neighbor ${speaker.address} shutdown`
  return finished([
    ...commented('!', [
      ...heading(bounds, 'Cisco IOS XE', { off: shut(''), on: shut('no ') }),
      ...notes(bounds),
    ]),
    ...familiesTaken(bounds, 'unicast').map((family) =>
      family === 4
        ? `ip route ${bounds.discard[4]} 255.255.255.255 Null0`
        : `ipv6 route ${bounds.discard[6]}/128 Null0`,
    ),
    ...policyLines(bounds, DIALECT),
    `router bgp ${local.as}`,
    ...neighbourLines(bounds).map((line) => ` neighbor ${speaker.address} ${line}`),
    ...familyLines(bounds),
    ' exit',
    ...flowInstallation(bounds),
    ...urpf(bounds),
    ...commented('!', siteHints(bounds)),
  ])
}

function notes(bounds: Bounds): string[] {
  return [
    'This output was never run on a router of this make: read it before you use it.',
    reloadNote(bounds),
    `Where ${bounds.local.address} is a loopback's, add: neighbor ${bounds.speaker.address} update-source LOOPBACK`,
    'IOS XE ends the session above maximum-prefix, and everything is let go with it: it cannot refuse the excess alone.',
    ...(bounds.hops === 'gtsm' && bounds.isInternal
      ? ['IOS XE checks the TTL (RFC 5082) of eBGP neighbours alone: none here.']
      : []),
  ]
}

function neighbourLines(bounds: Bounds): string[] {
  const { speaker, holdTime } = bounds
  return [
    `remote-as ${speaker.as}`,
    `description Cordon, ${bounds.device}`,
    'transport connection-mode passive',
    `timers ${keepalive(bounds)} ${holdTime}`,
    'ha-mode graceful-restart',
    ...hops(bounds),
    ...(bounds.hasKey ? [`password ${keyPlaceholder(bounds)}`] : []),
  ]
}

/** A next hop that is not connected, such as the discard address, counts over eBGP only when that is not checked. */
function hops({ hops, isInternal }: Bounds): string[] {
  if (isInternal) return []
  if (hops === 'gtsm') return ['ttl-security hops 1', 'disable-connected-check']
  if (hops === 'direct' || hops.ttl === 1) return ['disable-connected-check']
  return [`ebgp-multihop ${hops.ttl}`]
}

function familyLines(bounds: Bounds): string[] {
  const { address } = bounds.speaker
  const inside = (name: string, lines: readonly string[]): string[] => [
    ` address-family ${name}`,
    ...lines.map((line) => `  neighbor ${address} ${line}`),
    '  exit-address-family',
  ]
  const taken = (map: string, most: number): string[] => [
    'activate',
    `route-map ${map} in`,
    `route-map ${nothingOutName(bounds)} out`,
    `maximum-prefix ${most}`,
  ]
  const validation = bounds.isFlowValidated ? [] : ['validation off']
  const none = [' address-family ipv4', `  no neighbor ${address} activate`, '  exit-address-family']
  return [
    ...(takes(bounds, 'unicast', 4) ? [] : none),
    ...familiesTaken(bounds, 'unicast').flatMap((family) =>
      inside(`ipv${family}`, taken(routeMapName(bounds, family), bounds.maxRoutes)),
    ),
    ...familiesTaken(bounds, 'flow').flatMap((family) =>
      inside(`ipv${family} flowspec`, [...taken(flowMapName(bounds), bounds.maxFlows), ...validation]),
    ),
  ]
}

function flowInstallation(bounds: Bounds): string[] {
  if (!hasFlow(bounds)) return []
  const families = familiesTaken(bounds, 'flow')
  const install = (family: Family): string[] => [
    ` address-family ipv${family}`,
    '  local-install interface-all',
    '  exit',
  ]
  return [
    ...commented('!', [
      validationWords(bounds),
      ...(bounds.isFlowValidated
        ? []
        : ['Where your release does not know "validation off", speak iBGP and say "validates: true".']),
      'INTERFACES: all of them install; take one out with "interface INTERFACE" and "ip flowspec disable", "ipv6 flowspec disable".',
    ]),
    'flowspec',
    ...families.flatMap(install),
    ' exit',
  ]
}

function urpf(bounds: Bounds): string[] {
  if (!bounds.urpf) return []
  const lines = familiesTaken(bounds, 'unicast').map(
    (family) => `   ${family === 4 ? 'ip' : 'ipv6'} verify unicast source reachable-via any`,
  )
  return commented('!', [
    'INTERFACES: uRPF, for blackholes by source (RFC 5635), on each interface towards the outside:',
    ...lines,
  ])
}
