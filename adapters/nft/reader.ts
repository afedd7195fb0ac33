import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../src/domain/clock.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { AdapterError, type Observed } from '../adapter.ts'
import { SliceParser } from './listing.ts'
import { Mirror } from './mirror.ts'
import { shapeName } from './name.ts'
import type { Place } from './place.ts'
import { readNft } from './process.ts'
import { entryOf, ruleOf } from './shape.ts'
import { twinOf } from './transaction.ts'

/** At 100,000 entries nft needs 2 to 4 s. */
const LISTING_MS = 60_000
/** How many entries are made into rules before everything else gets a turn. */
const SLICE = 500

/**
 * Lists the whole table; one that does not exist holds nothing.
 * @throws AdapterError `timeout`, or as nft fails
 */
export async function listTable(
  place: Place,
  table: string,
  clock: Clock,
  signals: readonly AbortSignal[],
): Promise<Mirror> {
  const mirror = new Mirror(table)
  const parser = new SliceParser(mirror)
  try {
    const args = ['-n', '-j', 'list', 'table', 'inet', table]
    await readNft(place, args, { clock, ms: LISTING_MS, signals }, (text) => parser.push(text))
  } catch (error) {
    if (isAbsent(error)) return mirror
    throw error
  }
  if (!parser.complete) throw new AdapterError('rejected', 'nft broke off its listing')
  return mirror
}

/** Whether nft says that what it was asked for is not there. */
export function isAbsent(error: unknown): boolean {
  return (
    error instanceof AdapterError &&
    error.class === 'rejected' &&
    /No such file or directory/.test(error.message)
  )
}

/** All that the mirror shows, made into rules a slice at a time. */
export async function observeAll(mirror: Mirror): Promise<Observed> {
  const rules: Rule[] = []
  const uncertain: Rule[] = []
  let made = 0
  for (const { shape, whole, elements } of mirror.sets.values()) {
    if (shape === undefined) continue
    for (const [value, rate] of elements) {
      const list = whole ? rules : uncertain
      list.push(ruleOf({ shape, value, rate }))
      if (++made % SLICE === 0) await nextTurn()
    }
  }
  return { rules, uncertain, evidence: 'read-back', foreign: mirror.foreign }
}

/** What the mirror shows of these rules, each with the action that it has there. */
export function observeSome(mirror: Mirror, asked: readonly Rule[]): Observed {
  const rules: Rule[] = []
  const uncertain: Rule[] = []
  for (const rule of asked) {
    const entry = entryOf(rule)
    if ('unsupported' in entry) continue
    for (const shape of [entry.shape, twinOf(entry.shape)]) {
      const name = shapeName(shape)
      const rate = mirror.rate(name, entry.value)
      const set = mirror.sets.get(name)
      if (rate === undefined || set === undefined) continue
      const list = set.shape !== undefined && set.whole ? rules : uncertain
      list.push(ruleOf({ shape, value: entry.value, rate }))
    }
  }
  return { rules, uncertain, evidence: 'read-back', foreign: mirror.foreign }
}
