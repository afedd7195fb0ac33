import type { Family, Prefix } from '../../../src/domain/prefix.ts'
import { BLACKHOLE, type Bounds, type CommunitySet, familiesTaken, ofFamily } from './bounds.ts'
import {
  commented,
  finished,
  hasFlow,
  heading,
  isLarge,
  keyPlaceholder,
  LINUX_URPF,
  siteHints,
  validationWords,
} from './words.ts'

/** BIRD 2 (bird.network.cz, chapters "Filters" and "BGP"). */
export function birdText(bounds: Bounds): string {
  const { session } = bounds
  const kill = { off: `birdc disable ${session}`, on: `birdc enable ${session}` }
  return finished([
    ...commented('#', [...heading(bounds, 'BIRD 2', kill), ...needs(bounds)]),
    ...familiesTaken(bounds, 'unicast').flatMap((family) => unicastFilter(bounds, family)),
    ...familiesTaken(bounds, 'flow').flatMap((family) => flowFilter(bounds, family)),
    ...protocol(bounds),
    ...commented('#', siteHints(bounds)),
  ])
}

function needs(bounds: Bounds): string[] {
  const unicast = familiesTaken(bounds, 'unicast').length > 0
  const flow = [
    'Needs the tables "flow4 table f4; flow6 table f6;". BIRD itself drops nothing by flow routes: reflect them from there.',
    ...(bounds.isFlowValidated
      ? ['To validate, it also needs "ipv4 table master4 { trie yes; }; ipv6 table master6 { trie yes; };".']
      : []),
  ]
  return [
    ...(unicast
      ? ['The kernel protocols have to export what comes: "export where source = RTS_BGP;", with "persist;".']
      : []),
    ...(hasFlow(bounds) ? flow : []),
    ...(bounds.urpf && unicast ? LINUX_URPF : []),
  ]
}

function unicastFilter(bounds: Bounds, family: Family): string[] {
  const bits = family === 4 ? 32 : 128
  const hosts = (prefixes: readonly Prefix[]): string =>
    set(ofFamily(prefixes, family).map((prefix) => `${prefix}{${bits},${bits}}`))
  const accept = (sets: readonly CommunitySet[]): string[] =>
    sets.map((one) => `if ${carries(one)} then { dest = RTD_BLACKHOLE; accept; }`)
  const has = (prefixes: readonly Prefix[]): boolean => ofFamily(prefixes, family).length > 0
  return [
    `filter ${bounds.session}_in${family} {`,
    `  if net.len != ${bits} then reject;`,
    ...(has(bounds.never) ? [`  if net ~ ${hosts(bounds.never)} then reject;`] : []),
    ...(has(bounds.own)
      ? [
          `  if net ~ ${hosts(bounds.own)} then {`,
          ...accept(bounds.inside).map((line) => `    ${line}`),
          '    reject;',
          '  }',
        ]
      : []),
    `  if ${carries([BLACKHOLE])} then reject;`,
    ...accept(bounds.outside).map((line) => `  ${line}`),
    '  reject;',
    '}',
  ]
}

/** A destination or source that is not named counts as the whole Internet, which lies in no prefix that is protected. */
function flowFilter({ session, marking, neverInFlow }: Bounds, family: Family): string[] {
  const refuse = (what: string, prefixes: readonly Prefix[]): string[] => {
    const these = ofFamily(prefixes, family).map((prefix) => `${prefix}+`)
    return these.length === 0 ? [] : [`  if ${what} ~ ${set(these)} then reject;`]
  }
  return [
    `filter ${session}_flow${family} {`,
    `  if !(${carries([marking])}) then reject;`,
    ...refuse('net.dst', neverInFlow.destination),
    ...refuse('net.src', neverInFlow.source),
    '  accept;',
    '}',
  ]
}

function set(items: readonly string[]): string {
  return `[ ${items.join(', ')} ]`
}

function carries(communities: CommunitySet): string {
  return communities
    .map((text) => {
      const list = isLarge(text) ? 'bgp_large_community' : 'bgp_community'
      return `(${text.split(':').join(', ')}) ~ ${list}`
    })
    .join(' && ')
}

function protocol(bounds: Bounds): string[] {
  const { session, speaker, local, holdTime, maxRoutes, maxFlows } = bounds
  const limit = (most: number): string => `import limit ${most} action block; export none;`
  const unicast = familiesTaken(bounds, 'unicast').map(
    (family) =>
      `  ipv${family} { gateway recursive; import filter ${session}_in${family}; ${limit(maxRoutes)} };`,
  )
  const flow = familiesTaken(bounds, 'flow').map((family) => {
    const validate = bounds.isFlowValidated ? `base table master${family}; validate on;` : 'validate off;'
    return `  flow${family} { table f${family}; ${validate} import filter ${session}_flow${family}; ${limit(maxFlows)} };`
  })
  return [
    `protocol bgp ${session} {`,
    `  description "Cordon, ${bounds.device}";`,
    `  local ${local.address} as ${local.as};`,
    `  neighbor ${speaker.address} as ${speaker.as};`,
    '  passive on;',
    ...hops(bounds),
    `  hold time ${holdTime};`,
    '  # Keeps the routes while the speaker restarts (RFC 4724).',
    '  graceful restart aware;',
    '  # Unless told, BIRD waits a minute or more after an error before it lets the speaker in again.',
    '  error wait time 1, 5;',
    ...(bounds.hasKey ? [`  password "${keyPlaceholder(bounds)}";`] : []),
    ...(unicast.length === 0 ? [] : commented('  #', [GATEWAY])),
    ...unicast,
    ...(flow.length === 0 ? [] : commented('  #', [validationWords(bounds)])),
    ...flow,
    '}',
  ]
}

/** Measured with 2.0.12: a direct neighbour's route is lost before any filter sees it. */
const GATEWAY =
  'Without "recursive", BIRD drops a route whose next hop is not on the link, as a discard address never is.'

function hops({ hops, isInternal }: Bounds): string[] {
  if (hops === 'gtsm') return ['  direct;', '  ttl security on;']
  if (hops === 'direct') return isInternal ? ['  multihop;'] : ['  direct;']
  return hops.ttl === 1 ? ['  direct;'] : [`  multihop ${hops.ttl};`]
}
