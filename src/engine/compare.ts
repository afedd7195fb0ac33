import type { Observed } from '../../adapters/adapter.ts'
import { type Action, type Rule, sameAction } from '../domain/rule.ts'
import type { EnforcerWatch, WatchedEnforcer } from './enforcer-watch.ts'
import { blocksOf, type Entry, type EntryError } from './entry.ts'
import { inSteps } from './in-steps.ts'

/**
 * How a rule differs from what is wanted. Of itself, without anything that was done here: `missing`, `extra` (no
 * block explains it), `different` (another action), `uncertain` (the device cannot tell). Known and under way:
 * `waiting` (to be told to the device, or refused by it) and `leaving` (to be removed).
 */
export type Difference = 'missing' | 'extra' | 'different' | 'uncertain' | 'waiting' | 'leaving'

export interface Finding {
  readonly what: Difference
  readonly rule: string
  readonly blocks: readonly number[]
  readonly wanted?: Action
  readonly found?: Action
  readonly error?: EntryError
}

/** What a router that enforces has in effect, by the last word of its witness. */
export interface EnforcerSight {
  readonly name: string
  readonly trouble: string | undefined
  readonly expected: number
  readonly seen: number
  /** Rules that it should have in effect and was not seen to, and those that it should not and was. */
  readonly unseen: readonly string[]
  readonly lingering: readonly string[]
}

/** Compares a reading with what is wanted now, in steps, changing nothing. */
export function* compareReading(
  observed: Observed,
  entries: ReadonlyMap<string, Entry>,
): Generator<void, { findings: Finding[]; wanted: number }> {
  const findings: Finding[] = []
  const met = new Set<string>()
  for (const rule of inSteps(observed.uncertain)) {
    if (rule === undefined) yield
    else {
      met.add(rule.key)
      findings.push({ what: 'uncertain', rule: rule.key, blocks: blocksAt(entries, rule) })
    }
  }
  for (const rule of inSteps(observed.rules)) {
    if (rule === undefined) yield
    else {
      met.add(rule.key)
      const finding = findingOf(rule, entries.get(rule.key))
      if (finding !== undefined) findings.push(finding)
    }
  }
  let wanted = 0
  for (const entry of inSteps(entries.values())) {
    if (entry === undefined) yield
    else if (entry.blocks !== undefined) {
      wanted += 1
      if (!met.has(entry.rule.key)) findings.push(absent(entry))
    }
  }
  return { findings, wanted }
}

function blocksAt(entries: ReadonlyMap<string, Entry>, { key }: Rule): readonly number[] {
  const entry = entries.get(key)
  return entry === undefined ? [] : blocksOf(entry)
}

/** Of a rule that stands there. */
function findingOf(rule: Rule, entry: Entry | undefined): Finding | undefined {
  const { key, action: found } = rule
  if (entry?.blocks === undefined) {
    const known = entry !== undefined && entry.state !== 'no'
    return { what: known ? 'leaving' : 'extra', rule: key, blocks: [], found, ...errorOf(entry) }
  }
  const wanted = entry.rule.action
  if (sameAction(found, wanted)) return undefined
  const known = entry.held !== undefined && sameAction(entry.held, found)
  const blocks = blocksOf(entry)
  return { what: known ? 'waiting' : 'different', rule: key, blocks, wanted, found, ...errorOf(entry) }
}

function absent(entry: Entry): Finding {
  return {
    what: entry.state === 'yes' ? 'missing' : 'waiting',
    rule: entry.rule.key,
    blocks: blocksOf(entry),
    wanted: entry.rule.action,
    ...errorOf(entry),
  }
}

function errorOf(entry: Entry | undefined): { error?: EntryError } {
  return entry?.error === undefined ? {} : { error: entry.error }
}

/** What each witnessed router has in effect of what the device holds. */
export function* compareSights(
  watch: Pick<EnforcerWatch, 'enforcers' | 'enforcersOf'>,
  entries: ReadonlyMap<string, Entry>,
): Generator<void, EnforcerSight[]> {
  const sights = new Map(watch.enforcers.map((enforcer) => [enforcer.bit, newSight(enforcer)]))
  if (sights.size > 0) {
    for (const entry of inSteps(entries.values())) {
      if (entry === undefined) yield
      else for (const { bit } of watch.enforcersOf(entry.rule)) noteSight(sights.get(bit), entry, bit)
    }
  }
  return [...sights.values()]
}

type Sighting = { -readonly [K in keyof EnforcerSight]: EnforcerSight[K] } & {
  unseen: string[]
  lingering: string[]
}

function newSight({ name, trouble }: WatchedEnforcer): Sighting {
  return { name, trouble, expected: 0, seen: 0, unseen: [], lingering: [] }
}

function noteSight(sight: Sighting | undefined, { rule, blocks, state, seen }: Entry, bit: number): void {
  if (sight === undefined) return
  const there = (seen & (1 << bit)) !== 0
  if (blocks !== undefined && state === 'yes') {
    sight.expected += 1
    if (there) sight.seen += 1
    else sight.unseen.push(rule.key)
  } else if (blocks === undefined && state === 'no' && there) sight.lingering.push(rule.key)
}
