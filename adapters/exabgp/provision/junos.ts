import type { Family, Prefix } from '../../../src/domain/prefix.ts'
import { BLACKHOLE, type Bounds, type CommunitySet, familiesTaken, ofFamily } from './bounds.ts'
import {
  commented,
  communityWord,
  finished,
  hasFlow,
  heading,
  isLarge,
  keyPlaceholder,
  siteHints,
  validationWords,
} from './words.ts'

/**
 * Junos (juniper.net, statements prefix-limit, no-validate, term-order, rpf-loose-mode-discard, and policy actions),
 * to be loaded by `load replace`. Never run.
 */
export function junosText(bounds: Bounds): string {
  const { session } = bounds
  const turn = (verb: string): string => `configure ; ${verb} protocols bgp group ${session} ; commit`
  const kill = { off: turn('deactivate'), on: turn('activate') }
  return finished([
    ...commented('#', [...heading(bounds, 'Juniper Junos', kill), ...notes(bounds)]),
    ...block('policy-options', [
      ...prefixLists(bounds),
      ...communities(bounds),
      ...importPolicy(bounds),
      ...(bounds.isFlowValidated || !hasFlow(bounds) ? [] : flowPolicy(bounds)),
      ...block(`replace: policy-statement ${session}-none`, ['then reject;']),
    ]),
    ...block('protocols', block('bgp', group(bounds))),
    // In the order of earlier drafts another rule of two that overlap would decide (RFC 8955 section 5.1).
    ...(hasFlow(bounds) ? block('routing-options', block('flow', ['term-order standard;'])) : []),
    ...urpf(bounds),
    ...commented('#', siteHints(bounds)),
  ])
}

function notes(bounds: Bounds): string[] {
  return [
    'This output was never run on a router of this make: read it before you use it. Load it by "load replace terminal".',
    'drop-excess keeps the session up above the limit; where a release does not know it, say "teardown 90 idle-timeout forever".',
    'Junos helps a neighbour that restarts (RFC 4724) unless its helper mode was switched off.',
    ...(bounds.hops === 'gtsm'
      ? [
          'GTSM (RFC 5082): Junos checks the TTL by the filter of the loopback: discard BGP from the speaker whose ttl is not 255.',
        ]
      : []),
    ...(hasFlow(bounds)
      ? [
          validationWords(bounds),
          'INTERFACES: flow routes hold on all of them; take some out by "interface-group N exclude" under routing-options flow.',
        ]
      : []),
  ]
}

function block(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...lines.map((line) => `    ${line}`), '}']
}

function prefixLists(bounds: Bounds): string[] {
  return familiesTaken(bounds, 'unicast').flatMap((family) =>
    (
      [
        ['own', bounds.own],
        ['never', bounds.never],
      ] as const
    ).flatMap(([name, prefixes]) => {
      const some = ofFamily(prefixes, family)
      return some.length === 0
        ? []
        : block(
            `replace: prefix-list ${bounds.session}-${name}${family}`,
            some.map((prefix) => `${prefix};`),
          )
    }),
  )
}

/** Members that are listed together must all be there. */
function communities(bounds: Bounds): string[] {
  const { session } = bounds
  const define = (name: string, set: CommunitySet): string =>
    `replace: community ${session}-${name} members [ ${set.map(member).join(' ')} ];`
  const sets = (name: string, all: readonly CommunitySet[]): string[] =>
    all.map((set, index) => define(`${name}${index + 1}`, set))
  return [
    define('marked', [bounds.marking]),
    define('blackhole', [BLACKHOLE]),
    ...sets('inside', bounds.inside),
    ...sets('outside', bounds.outside),
  ]
}

function member(community: string): string {
  return isLarge(community) ? `large:${community}` : communityWord(community)
}

function importPolicy(bounds: Bounds): string[] {
  const { session } = bounds
  const flow = familiesTaken(bounds, 'flow').flatMap((family) => {
    const table = family === 4 ? 'inetflow.0' : 'inet6flow.0'
    return [
      ...term(`flow${family}`, [`rib ${table};`, `community ${session}-marked;`], ['accept;']),
      ...term(`no-flow${family}`, [`rib ${table};`], ['reject;']),
    ]
  })
  return block(`replace: policy-statement ${session}-in`, [
    ...flow,
    ...familiesTaken(bounds, 'unicast').flatMap((family) => unicastTerms(bounds, family)),
    ...block('term rest', ['then reject;']),
  ])
}

function unicastTerms(bounds: Bounds, family: Family): string[] {
  const { session } = bounds
  const [inet, all, bits] = family === 4 ? ['inet', '0.0.0.0/0', 32] : ['inet6', '::/0', 128]
  const from = (...more: readonly string[]): string[] => [`family ${inet};`, ...more]
  const has = (prefixes: readonly Prefix[]): boolean => ofFamily(prefixes, family).length > 0
  const within = (name: string): string => `prefix-list-filter ${session}-${name}${family} orlonger;`
  const discard = ['next-hop discard;', 'accept;']
  const accepts = (name: string, sets: readonly CommunitySet[], more: readonly string[]): string[] =>
    sets.flatMap((_, index) =>
      term(
        `${name}${family}-${index + 1}`,
        from(`community ${session}-${name}${index + 1};`, ...more),
        discard,
      ),
    )
  return [
    ...term(`no-hosts${family}`, from(`route-filter ${all} prefix-length-range /0-/${bits - 1};`), [
      'reject;',
    ]),
    ...(has(bounds.never) ? term(`never${family}`, from(within('never')), ['reject;']) : []),
    ...(has(bounds.own)
      ? [
          ...accepts('inside', bounds.inside, [within('own')]),
          ...term(`own${family}`, from(within('own')), ['reject;']),
        ]
      : []),
    ...term(`no-blackhole${family}`, from(`community ${session}-blackhole;`), ['reject;']),
    ...accepts('outside', bounds.outside, []),
  ]
}

function term(name: string, from: readonly string[], then: readonly string[]): string[] {
  return block(`term ${name}`, [...block('from', from), ...block('then', then)])
}

/** What no-validate names: flow routes that it accepts are not validated. */
function flowPolicy({ session }: Bounds): string[] {
  return block(`replace: policy-statement ${session}-flow`, [
    ...term('marked', [`community ${session}-marked;`], ['accept;']),
    ...block('term rest', ['then reject;']),
  ])
}

function group(bounds: Bounds): string[] {
  const { session, speaker, local, holdTime, hops, isInternal } = bounds
  const limit = (most: number): string[] => block('prefix-limit', [`maximum ${most};`, 'drop-excess 90;'])
  const families = ([4, 6] as const).flatMap((family) => {
    const unicast = bounds.families.includes(`ipv${family} unicast`)
    const flow = bounds.families.includes(`ipv${family} flow`)
    const validation = bounds.isFlowValidated ? [] : [`no-validate ${session}-flow;`]
    return !unicast && !flow
      ? []
      : block(`family ${family === 4 ? 'inet' : 'inet6'}`, [
          ...(unicast ? block('unicast', limit(bounds.maxRoutes)) : []),
          ...(flow ? block('flow', [...limit(bounds.maxFlows), ...validation]) : []),
        ])
  })
  const far = typeof hops === 'object' && hops.ttl > 1 && !isInternal
  return block(`replace: group ${session}`, [
    `type ${isInternal ? 'internal' : 'external'};`,
    `description "Cordon, ${bounds.device}";`,
    ...(far ? block('multihop', [`ttl ${hops.ttl};`]) : []),
    ...(hops === 'gtsm' ? ['ttl 255;'] : []),
    `local-address ${local.address};`,
    `hold-time ${holdTime};`,
    'passive;',
    `import ${session}-in;`,
    ...(bounds.hasKey ? [`authentication-key "${keyPlaceholder(bounds)}";`] : []),
    ...families,
    `export ${session}-none;`,
    ...(isInternal ? [] : [`peer-as ${speaker.as};`]),
    `neighbor ${speaker.address};`,
  ])
}

/** A loose check passes what has any route, also one that discards, unless the second statement is there. */
function urpf(bounds: Bounds): string[] {
  if (!bounds.urpf) return []
  const families = familiesTaken(bounds, 'unicast').map((family) => (family === 4 ? 'inet' : 'inet6'))
  return [
    ...block(
      'forwarding-options',
      block(
        'rpf-loose-mode-discard',
        block(
          'family',
          families.map((family) => `${family};`),
        ),
      ),
    ),
    ...commented('#', [
      'INTERFACES: uRPF, for blackholes by source (RFC 5635), on each interface towards the outside:',
      ...families.map((family) => `   set interfaces INTERFACE unit 0 family ${family} rpf-check mode loose`),
    ]),
  ]
}
