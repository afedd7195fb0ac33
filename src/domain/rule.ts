import { refuseExceptions } from './exceptions.ts'
import { InputError } from './input-error.ts'
import { matchText, type PacketMatch, parseMatchText } from './match.ts'
import { type Family, flatText, type Prefix, parsePrefix, prefixFamily } from './prefix.ts'

/**
 * What happens to matched packets. A rate is in bytes a second, on each router by itself (RFC 8955 §7.1). Packets are
 * redirected (§7.4) to a place that the site lists, by its name; `mark` sets their DSCP (§7.5).
 */
export type Action =
  | { readonly do: 'drop' }
  | { readonly do: 'rate-limit'; readonly bytesPerSecond: number }
  | { readonly do: 'redirect'; readonly to: string }
  | { readonly do: 'mark'; readonly dscp: number }

export const ACTIONS = ['drop', 'rate-limit', 'redirect', 'mark'] as const satisfies readonly Action['do'][]

export const DROP: Action = Object.freeze({ do: 'drop' })

/** How far a blackhole reaches: this AS, one region of it, or an upstream's network. */
export type Scope = 'local' | `region:${string}` | `upstream:${string}`

/**
 * The scope of a rule. A blackhole of a prefix that is not own space is `external`: it must not leave the AS nor
 * carry the BLACKHOLE community (RFC 7999 §3.3), so it has attributes of its own.
 */
export type RuleScope = Scope | 'external'

/** A remotely triggered blackhole by destination (RFC 3882) or, where uRPF is declared, by source (RFC 5635 §4). */
export interface BlackholeRule {
  readonly kind: 'd-rtbh' | 's-rtbh'
  readonly key: string
  readonly prefix: Prefix
  readonly scope: RuleScope
  readonly action: Action
}

/** A packet filter entry: BGP flow specification (`flow`) or an access list (`acl`). */
export interface FilterRule {
  readonly kind: 'flow' | 'acl'
  readonly key: string
  readonly match: PacketMatch
  readonly action: Action
}

/**
 * What one device must hold for one or more blocks. `key` is canonical text without the action: two rules with
 * one key match the same packets in the same way, and only one of them can stand on a device.
 */
export type Rule = BlackholeRule | FilterRule

export type RuleKind = Rule['kind']

export function blackholeRule(
  given: BlackholeRule['kind'],
  prefix: Prefix,
  scope: RuleScope = 'local',
): BlackholeRule {
  const kind = given === 'd-rtbh' ? 'd-rtbh' : 's-rtbh'
  return { kind, key: flatText(kind, ' ', scope, ' ', prefix), prefix, scope, action: DROP }
}

/**
 * @throws InputError `rule-empty`: a filter that would match every packet of a family is never built; `rule-except`,
 * `match-except`: exceptions where none can be
 */
export function filterRule(given: FilterRule['kind'], match: PacketMatch, action: Action): FilterRule {
  // A text that was read from a file and used as the name of a property would make each key twice as long in memory.
  const kind = given === 'flow' ? 'flow' : 'acl'
  if (match.destination === undefined && match.source === undefined) {
    throw new InputError('rule-empty', 'a rule without a destination or source prefix would match everyone')
  }
  if (kind === 'flow' && match.except !== undefined)
    throw new InputError('rule-except', 'flow specification knows no exceptions (RFC 8955 §4.2.2)', 'except')
  refuseExceptions(match)
  return { kind, key: flatText(kind, `${match.family} `, matchText(match)), match, action }
}

/** The same rule with another action; the key stays. */
export function withAction<R extends Rule>(rule: R, action: Action): R {
  return sameAction(rule.action, action) ? rule : { ...rule, action }
}

export function ruleFamily(rule: Rule): Family {
  return 'match' in rule ? rule.match.family : prefixFamily(rule.prefix)
}

/** What one router takes of what a speaker announces. */
export interface Reach {
  readonly name: string
  /** Families of blackholes, and their scopes. */
  readonly unicast: readonly Family[]
  readonly scopes: readonly RuleScope[]
  /** Families of flow specification. */
  readonly flow: readonly Family[]
}

/** Whether a rule reaches the router. */
export function takes({ unicast, flow, scopes }: Reach, rule: Rule): boolean {
  const family = ruleFamily(rule)
  if ('match' in rule) return flow.includes(family)
  return unicast.includes(family) && scopes.includes(rule.scope)
}

/** Rebuilds a rule from its key, for devices that carry the key as a comment. @throws InputError `rule-key` */
export function ruleFromKey(key: string, action: Action): Rule {
  const blackhole = /^(d-rtbh|s-rtbh) (local|external|region:\S+|upstream:\S+) (\S+)$/.exec(key)
  if (blackhole !== null) {
    const [, kind, scope, prefix] = blackhole
    return blackholeRule(kind as BlackholeRule['kind'], parsePrefix(prefix ?? ''), scope as RuleScope)
  }
  const filter = /^(flow|acl)([46]) (.+)$/.exec(key)
  if (filter === null) throw new InputError('rule-key', `'${key}' is not the key of a rule`)
  const [, kind, family, text] = filter
  return filterRule(kind as FilterRule['kind'], parseMatchText(family === '4' ? 4 : 6, text ?? ''), action)
}

export function sameAction(a: Action, b: Action): boolean {
  return a === b || compareActions(a, b) === 0
}

/**
 * Negative when `a` is stricter: drop before any rate, a lower rate before a higher one, then redirecting, then
 * marking, which stops nothing. Zero only for equal actions.
 */
export function compareActions(a: Action, b: Action): number {
  if (a.do === 'rate-limit' && b.do === 'rate-limit') return a.bytesPerSecond - b.bytesPerSecond
  if (a.do === 'mark' && b.do === 'mark') return a.dscp - b.dscp
  if (a.do === 'redirect' && b.do === 'redirect') return a.to < b.to ? -1 : a.to > b.to ? 1 : 0
  return ACTIONS.indexOf(a.do) - ACTIONS.indexOf(b.do)
}

export function strictestAction(actions: Iterable<Action>): Action | undefined {
  let strictest: Action | undefined
  for (const action of actions)
    if (strictest === undefined || compareActions(action, strictest) < 0) strictest = action
  return strictest
}

/** Canonical text of an action: `drop`, `rate-limit 125000`, `redirect scrubber`, `mark 8`. */
export function actionText(action: Action): string {
  switch (action.do) {
    case 'drop':
      return 'drop'
    case 'rate-limit':
      return `rate-limit ${action.bytesPerSecond}`
    case 'redirect':
      return `redirect ${action.to}`
    case 'mark':
      return `mark ${action.dscp}`
  }
}
