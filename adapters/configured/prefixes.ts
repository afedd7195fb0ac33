import { NO_COMPONENTS } from '../../src/domain/match.ts'
import { type Family, type Prefix, parsePrefix, prefixFamily } from '../../src/domain/prefix.ts'
import { DROP, type EntryRule, type FilterRule, filterRule } from '../../src/domain/rule.ts'

/** Which address of a packet a list is about. */
export type End = 'from' | 'to'

/** A rule that is one prefix at one end, as a list of prefixes holds it. */
export interface Listed {
  readonly end: End
  readonly prefix: Prefix
  readonly family: Family
}

/**
 * Documentation prefixes (RFC 5737, RFC 3849) that stand in every list, so that none is ever empty: some devices refuse
 * to empty a list that is in use, and what others make of an empty one is not known.
 */
export const SENTINELS: Readonly<Record<Family, Prefix>> = {
  4: parsePrefix('192.0.2.255/32'),
  6: parsePrefix('2001:db8:ffff::1/128'),
}

/** What a list of prefixes would have to hold for the rule. @returns undefined when it cannot */
export function listedOf(rule: EntryRule): Listed | undefined {
  if (!('match' in rule)) return undefined
  const { destination, source, components, except, keep, family } = rule.match
  if (Object.keys(components).length > 0 || except !== undefined || keep !== undefined) return undefined
  if (destination !== undefined && source !== undefined) return undefined
  if (destination !== undefined) return { end: 'to', prefix: destination, family }
  return source === undefined ? undefined : { end: 'from', prefix: source, family }
}

/** Why a device that holds lists of prefixes, and drops what meets them, cannot hold the rule, or undefined. */
export function whyNotListed(rule: EntryRule): string | undefined {
  if (rule.kind !== 'acl') return `no rules of kind ${rule.kind}`
  if (rule.action.do !== 'drop') return `it can only drop, and not ${rule.action.do}`
  const listed = listedOf(rule)
  if (listed === undefined) return 'it matches a prefix at one end, and nothing more'
  if (listed.prefix === SENTINELS[listed.family]) return `${listed.prefix} keeps its lists from being empty`
  return undefined
}

export function listedRule(end: End, prefix: Prefix): FilterRule {
  const family = prefixFamily(prefix)
  const match =
    end === 'to'
      ? { family, destination: prefix, components: NO_COMPONENTS }
      : { family, source: prefix, components: NO_COMPONENTS }
  return filterRule('acl', match, DROP)
}

/** A prefix as a device wrote it. @returns undefined when it is none, or has bits behind its length */
export function readListed(text: string): Prefix | undefined {
  try {
    return parsePrefix(text)
  } catch {
    return undefined
  }
}
