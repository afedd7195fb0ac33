import { refuseKeeping } from './control.ts'
import { refuseExceptions } from './exceptions.ts'
import { isMacForm, parseAccount, parseStation } from './identity.ts'
import { InputError } from './input-error.ts'
import { matchText, type PacketMatch, parseMatchText } from './match.ts'
import { type Family, flatText, type Prefix, parsePrefix, prefixFamily } from './prefix.ts'

/**
 * What happens to matched packets. A rate is in bytes a second, on each router by itself (RFC 8955 §7.1). Packets are
 * redirected (§7.4) to a place that the site lists, by its name; `mark` sets their DSCP (§7.5). Accounts are suspended;
 * stations have no session (`drop`), or one in `quarantine` (RFC 5176).
 */
export type Action =
  | { readonly do: 'drop' }
  | { readonly do: 'rate-limit'; readonly bytesPerSecond: number }
  | { readonly do: 'redirect'; readonly to: string }
  | { readonly do: 'mark'; readonly dscp: number }
  | { readonly do: 'suspend' }
  | { readonly do: 'quarantine' }

/** The strictest first. */
export const ACTIONS = [
  'drop',
  'suspend',
  'rate-limit',
  'redirect',
  'quarantine',
  'mark',
] as const satisfies readonly Action['do'][]

export const DROP: Action = Object.freeze({ do: 'drop' })
export const SUSPEND: Action = Object.freeze({ do: 'suspend' })
export const QUARANTINE: Action = Object.freeze({ do: 'quarantine' })

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
 * Someone's property that we take down and give back as it was found: a port of a router, a session with a
 * neighbour, an account; or a state that is kept so (`no-session`). It hits everything behind it, in both families and
 * directions.
 */
export interface SwitchRule {
  readonly kind: SwitchKind
  readonly key: string
  /** Of the interface, or of the neighbour as the device names it; an account, or the MAC address of a station. */
  readonly name: string
  readonly action: Action
}

/** By which a connection is attached. */
export const ATTACHMENT_KINDS = ['interface-down', 'neighbour-down'] as const

export type AttachmentKind = (typeof ATTACHMENT_KINDS)[number]

/** Of accounts and stations: the account is locked where it lives; there is no session, or none outside quarantine. */
export const IDENTITY_KINDS = ['account-locked', 'no-session'] as const

export type IdentityKind = (typeof IDENTITY_KINDS)[number]

export const SWITCH_KINDS = [...ATTACHMENT_KINDS, ...IDENTITY_KINDS] as const

export type SwitchKind = (typeof SWITCH_KINDS)[number]

/** A rule that is an entry of ours, which comes and goes with us. */
export type EntryRule = BlackholeRule | FilterRule

export type EntryKind = EntryRule['kind']

/**
 * What one device must hold for one or more blocks. `key` is canonical text without the action: two rules with
 * one key match the same packets in the same way, and only one of them can stand on a device.
 */
export type Rule = EntryRule | SwitchRule

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
 * `match-except`, `rule-keep`, `match-keep`: exceptions, or control traffic kept, where that cannot be
 */
export function filterRule(given: FilterRule['kind'], match: PacketMatch, action: Action): FilterRule {
  // A text that was read from a file and used as the name of a property would make each key twice as long in memory.
  const kind = given === 'flow' ? 'flow' : 'acl'
  if (match.destination === undefined && match.source === undefined) {
    throw new InputError('rule-empty', 'a rule without a destination or source prefix would match everyone')
  }
  if (kind === 'flow' && match.except !== undefined)
    throw new InputError('rule-except', 'flow specification knows no exceptions (RFC 8955 §4.2.2)', 'except')
  if (kind === 'flow' && match.keep !== undefined)
    throw new InputError(
      'rule-keep',
      'flow specification cannot leave anything out (RFC 8955 §4.2.2)',
      'keep',
    )
  refuseExceptions(match)
  refuseKeeping(match)
  return { kind, key: flatText(kind, `${match.family} `, matchText(match)), match, action }
}

/** What a router can name: printable, without a space, and nothing that a command line takes for an option. */
const SWITCH_NAME = /^[A-Za-z0-9_.:/%@+#,()~][A-Za-z0-9_.:/%@+#,()~-]{0,63}$/

export function isSwitchName(name: string): boolean {
  return SWITCH_NAME.test(name)
}

/** @throws InputError `switch-name`: a name that no interface and no neighbour can have */
export function switchRule(given: AttachmentKind, name: string): SwitchRule {
  const kind = given === 'interface-down' ? 'interface-down' : 'neighbour-down'
  if (!isSwitchName(name))
    throw new InputError(
      'switch-name',
      `${JSON.stringify(name.slice(0, 80))} names no interface or neighbour: up to 64 letters, digits and _.:/%@+#,()~- without a space`,
    )
  return { kind, key: flatText(kind, ' ', name), name, action: DROP }
}

/**
 * Of an account or a station. Accounts are suspended. @param action what becomes of the sessions of a station: `drop` or
 * `quarantine`. @throws InputError: no account and no station, or a station that is to be locked
 */
export function identityRule(given: IdentityKind, name: string, action: Action = DROP): SwitchRule {
  const kind = given === 'account-locked' ? 'account-locked' : 'no-session'
  const canonical = isMacForm(name) ? parseStation(name) : parseAccount(name)
  if (canonical !== name)
    throw new InputError('identity-name', `'${name}' is not as it is compared: ${canonical}`)
  if (kind === 'account-locked' && isStationName(name))
    throw new InputError('identity-station', `${name} is a station; only accounts can be locked`)
  const quarantine = action.do === 'quarantine' ? QUARANTINE : DROP
  return { kind, key: flatText(kind, ' ', name), name, action: isStationName(name) ? quarantine : SUSPEND }
}

/** Whether a rule of {@link IDENTITY_KINDS} is about a station, and not about an account. */
export function isStationName(name: string): boolean {
  return isMacForm(name)
}

export function isSwitch(rule: Rule): rule is SwitchRule {
  return 'name' in rule
}

export function isSwitchKind(kind: RuleKind): kind is SwitchKind {
  return isAttachmentKind(kind) || isIdentityKind(kind)
}

export function isAttachmentKind(kind: RuleKind): kind is AttachmentKind {
  return kind === 'interface-down' || kind === 'neighbour-down'
}

export function isIdentityKind(kind: RuleKind): kind is IdentityKind {
  return kind === 'account-locked' || kind === 'no-session'
}

/** The same rule with another action, as far as it can have another; the key stays. */
export function withAction<R extends Rule>(rule: R, action: Action): R {
  if (sameAction(rule.action, action)) return rule
  if (!isSwitch(rule)) return { ...rule, action }
  // Only of sessions of stations there is more than one way.
  return isIdentityKind(rule.kind) ? { ...rule, ...identityRule(rule.kind, rule.name, action) } : rule
}

/** The family of the packets that a rule is about; a switch has none, as it hits both. */
export function ruleFamily(rule: EntryRule): Family
export function ruleFamily(rule: Rule): Family | undefined
export function ruleFamily(rule: Rule): Family | undefined {
  if (isSwitch(rule)) return undefined
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

/** Whether a rule reaches the router; no speaker announces a switch. */
export function takes({ unicast, flow, scopes }: Reach, rule: Rule): boolean {
  if (isSwitch(rule)) return false
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
  const [, down, name] = /^(interface-down|neighbour-down) (\S+)$/.exec(key) ?? []
  if (down !== undefined && name !== undefined) return switchRule(down as AttachmentKind, name)
  const [, of, who] = /^(account-locked|no-session) (\S+)$/.exec(key) ?? []
  if (of !== undefined && who !== undefined) return identityRule(of as IdentityKind, who, action)
  const filter = /^(flow|acl)([46]) (.+)$/.exec(key)
  if (filter === null) throw new InputError('rule-key', `'${key}' is not the key of a rule`)
  const [, kind, family, text] = filter
  return filterRule(kind as FilterRule['kind'], parseMatchText(family === '4' ? 4 : 6, text ?? ''), action)
}

export function sameAction(a: Action, b: Action): boolean {
  return a === b || compareActions(a, b) === 0
}

/**
 * Negative when `a` is stricter: drop before any rate, a lower rate before a higher one, then redirecting and
 * quarantine, then marking, which stops nothing. Zero only for equal actions.
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

/** Canonical text of an action: `drop`, `rate-limit 125000`, `redirect scrubber`, `mark 8`, `suspend`, `quarantine`. */
export function actionText(action: Action): string {
  switch (action.do) {
    case 'drop':
    case 'suspend':
    case 'quarantine':
      return action.do
    case 'rate-limit':
      return `rate-limit ${action.bytesPerSecond}`
    case 'redirect':
      return `redirect ${action.to}`
    case 'mark':
      return `mark ${action.dscp}`
  }
}
