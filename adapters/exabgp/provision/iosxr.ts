import type { Family, Prefix } from '../../../src/domain/prefix.ts'
import { BLACKHOLE, type Bounds, type CommunitySet, familiesTaken, ofFamily } from './bounds.ts'
import { hostsIn } from './ios-like.ts'
import {
  commented,
  communityWord,
  finished,
  hasFlow,
  heading,
  isLarge,
  keepalive,
  keyPlaceholder,
  siteHints,
  validationWords,
} from './words.ts'

/** IOS XR (Cisco, "Routing Configuration Guide": routing policy language, RTBH, flowspec). Never run. */
export function iosxrText(bounds: Bounds): string {
  const { local, speaker } = bounds
  const shut = (no: string): string =>
    `configure ; ${no}router bgp ${local.as} neighbor ${speaker.address} shutdown ; commit`
  return finished([
    ...commented('!', [
      ...heading(bounds, 'Cisco IOS XR', { off: shut(''), on: shut('no ') }),
      ...notes(bounds),
    ]),
    ...familiesTaken(bounds, 'unicast').flatMap((family) => unicastPolicy(bounds, family)),
    ...(hasFlow(bounds) ? flowPolicy(bounds) : []),
    ...policy(`${bounds.session}-none`, ['drop']),
    ...neighbour(bounds),
    ...flowInstallation(bounds),
    ...commented('!', [...urpf(bounds), ...siteHints(bounds)]),
  ])
}

function notes(bounds: Bounds): string[] {
  return [
    'This output was never run on a router of this make: read it before you use it.',
    `Where ${bounds.local.address} is a loopback's, add to the neighbour: update-source LOOPBACK`,
  ]
}

function policy(name: string, lines: readonly string[]): string[] {
  return [`route-policy ${name}`, ...lines.map((line) => `  ${line}`), 'end-policy']
}

function prefixSet(name: string, prefixes: readonly Prefix[], family: Family): string[] {
  const lines = prefixes.map((prefix) => `  ${hostsIn(prefix, family)}`)
  return lines.length === 0 ? [] : [`prefix-set ${name}`, lines.join(',\n'), 'end-set']
}

function unicastPolicy(bounds: Bounds, family: Family): string[] {
  const { session } = bounds
  const [own, never] = [`${session}-own${family}`, `${session}-never${family}`]
  const ownPrefixes = ofFamily(bounds.own, family)
  const neverPrefixes = ofFamily(bounds.never, family)
  const [all, bits] = family === 4 ? ['0.0.0.0/0', 32] : ['::/0', 128]
  return [
    ...prefixSet(own, ownPrefixes, family),
    ...prefixSet(never, neverPrefixes, family),
    ...policy(`${session}-in${family}`, [
      ...unless(`destination in (${all} ge ${bits})`),
      ...(neverPrefixes.length === 0 ? [] : when(`destination in ${never}`, ['drop'])),
      ...(ownPrefixes.length === 0
        ? []
        : when(`destination in ${own}`, [...bounds.inside.flatMap(accept), 'drop'])),
      ...when(carries([BLACKHOLE]), ['drop']),
      ...bounds.outside.flatMap(accept),
      'drop',
    ]),
  ]
}

function flowPolicy({ session, marking }: Bounds): string[] {
  return policy(`${session}-flow`, [...when(carries([marking]), ['done']), 'drop'])
}

/** The next hop `discard` puts the route to Null0, whatever the speaker said, and needs no static route. */
function accept(set: CommunitySet): string[] {
  return when(carries(set), ['set next-hop discard', 'done'])
}

function when(condition: string, lines: readonly string[]): string[] {
  return [`if ${condition} then`, ...lines.map((line) => `  ${line}`), 'endif']
}

function unless(condition: string): string[] {
  return when(`not ${condition}`, ['drop'])
}

function carries(set: CommunitySet): string {
  const of = (word: string, some: readonly string[]): string[] =>
    some.length === 0 ? [] : [`${word} matches-every (${some.map(communityWord).join(', ')})`]
  return [
    ...of(
      'community',
      set.filter((one) => !isLarge(one)),
    ),
    ...of('large-community', set.filter(isLarge)),
  ].join(' and ')
}

function neighbour(bounds: Bounds): string[] {
  const { session, speaker, local, holdTime, maxRoutes, maxFlows } = bounds
  const names = bounds.families.map((family) => family.replace('flow', 'flowspec'))
  const family = (name: string, into: string, most: number, more: readonly string[] = []): string[] => [
    `  address-family ${name}`,
    `   route-policy ${into} in`,
    `   route-policy ${session}-none out`,
    `   maximum-prefix ${most} 75 discard-extra-paths`,
    ...more.map((line) => `   ${line}`),
    '  !',
  ]
  return [
    `router bgp ${local.as}`,
    ...names.flatMap((name) => [` address-family ${name}`, ' !']),
    ` neighbor ${speaker.address}`,
    `  remote-as ${speaker.as}`,
    `  description Cordon, ${bounds.device}`,
    '  session-open-mode passive-only',
    `  timers ${keepalive(bounds)} ${holdTime}`,
    '  graceful-restart',
    ...hops(bounds),
    ...(bounds.hasKey ? [`  password clear ${keyPlaceholder(bounds)}`] : []),
    ...familiesTaken(bounds, 'unicast').flatMap((one) =>
      family(`ipv${one} unicast`, `${session}-in${one}`, maxRoutes),
    ),
    ...familiesTaken(bounds, 'flow').flatMap((one) =>
      family(
        `ipv${one} flowspec`,
        `${session}-flow`,
        maxFlows,
        bounds.isFlowValidated ? [] : ['validation disable'],
      ),
    ),
    ' !',
    '!',
  ]
}

function hops({ hops, isInternal }: Bounds): string[] {
  if (hops === 'gtsm') return ['  ttl-security']
  if (isInternal || hops === 'direct' || hops.ttl === 1) return []
  return [`  ebgp-multihop ${hops.ttl}`]
}

function flowInstallation(bounds: Bounds): string[] {
  if (!hasFlow(bounds)) return []
  return [
    ...commented('!', [
      validationWords(bounds),
      'INTERFACES: all of them install; take one out with "interface INTERFACE" and "ipv4 flowspec disable", "ipv6 flowspec disable".',
    ]),
    'flowspec',
    ...familiesTaken(bounds, 'flow').flatMap((family) => [
      ` address-family ipv${family}`,
      '  local-install interface-all',
      ' !',
    ]),
    '!',
  ]
}

function urpf(bounds: Bounds): string[] {
  if (!bounds.urpf) return []
  return [
    'INTERFACES: uRPF, for blackholes by source (RFC 5635), on each interface towards the outside:',
    ...familiesTaken(bounds, 'unicast').map(
      (family) => `   ipv${family} verify unicast source reachable-via any`,
    ),
  ]
}
