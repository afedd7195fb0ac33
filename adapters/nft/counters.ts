import type { Clock } from '../../src/domain/clock.ts'
import type { Rule } from '../../src/domain/rule.ts'
import type { Counters } from '../adapter.ts'
import type { Mirror } from './mirror.ts'
import { shapeName } from './name.ts'
import { readTextValue } from './parse.ts'
import type { Place } from './place.ts'
import { readNft } from './process.ts'
import { isAbsent } from './reader.ts'
import { entryOf, ruleOf } from './shape.ts'
import { twinOf } from './transaction.ts'

/** At 100,000 entries nft needs about 2 s. */
const LISTING_MS = 60_000

interface Count {
  readonly packets: number
  readonly bytes: number
}

interface Limits {
  readonly clock: Clock
  readonly signals: readonly AbortSignal[]
}

/**
 * Reads counters beside everything else, by an nft of its own; the mirror says which rule an element is. In plain
 * text, because nft's JSON leaves out the counter of an element with a limit.
 * @throws AdapterError `timeout`, or as nft fails
 */
export async function readCounters(
  place: Place,
  mirror: Mirror,
  what: 'all' | readonly Rule[],
  limits: Limits,
): Promise<Counters> {
  const all = ['table', 'inet', mirror.table]
  if (what === 'all') return (await countersIn(place, mirror, all, limits)) ?? new Map()
  const names = [...new Set(what.flatMap(setsOf))].filter((name) => mirror.sets.has(name))
  const found = new Map<string, Count>()
  for (const name of names) {
    const counters = await countersIn(place, mirror, ['set', 'inet', mirror.table, name], limits)
    // A set may go between two looks.
    for (const [key, count] of counters ?? []) found.set(key, count)
  }
  const asked = new Set(what.map(({ key }) => key))
  return new Map([...found].filter(([key]) => asked.has(key)))
}

/** The sets in which the rule stands, whichever action it has there. */
function setsOf(rule: Rule): string[] {
  const entry = entryOf(rule)
  return 'unsupported' in entry ? [] : [entry.shape, twinOf(entry.shape)].map(shapeName)
}

/** `undefined` when something that is asked for is not there. */
async function countersIn(
  place: Place,
  mirror: Mirror,
  what: readonly string[],
  limits: Limits,
): Promise<Counters | undefined> {
  const counters = new Map<string, Count>()
  const parser = new CounterParser((set, text, packets, bytes) => {
    const key = keyOf(mirror, set, text)
    if (key !== undefined) counters.set(key, { packets, bytes })
  })
  try {
    const limit = { ...limits, ms: LISTING_MS }
    await readNft(place, ['-n', 'list', ...what], limit, (text) => parser.push(text))
    return counters
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

function keyOf(mirror: Mirror, name: string, text: string): string | undefined {
  const set = mirror.sets.get(name)
  const value = set?.shape && readTextValue(set.shape, text)
  const rate = value === undefined ? undefined : set?.elements.get(value)
  if (set?.shape === undefined || value === undefined || rate === undefined) return undefined
  return ruleOf({ shape: set.shape, value, rate }).key
}

/** The head of a set or a chain, or an element with its counter. */
const FOUND =
  /\b(set|chain) (\S+) \{|([0-9a-f:.]+(?: \. [0-9a-f:.]+)*)(?: limit rate over \d+ \S+ burst \d+ \S+)? counter packets (\d+) bytes (\d+)(?=[\s,}])/g
/** Longer than any of these: what is left of a piece without one of them need not be kept. */
const LONGEST = 4_096

/** Reads what nft lists piece by piece and tells the counters that are not at zero. */
export class CounterParser {
  readonly #found: (set: string, value: string, packets: number, bytes: number) => void
  #set: string | undefined
  #rest = ''

  constructor(found: (set: string, value: string, packets: number, bytes: number) => void) {
    this.#found = found
  }

  push(piece: string): void {
    const text = this.#rest + piece
    let end = 0
    for (const match of text.matchAll(FOUND)) {
      end = match.index + match[0].length
      const [, kind, name, value, packets, bytes] = match
      if (kind !== undefined) this.#set = kind === 'set' ? name : undefined
      else if (this.#set !== undefined && value !== undefined && packets !== '0')
        this.#found(this.#set, value, Number(packets), Number(bytes))
    }
    this.#rest = text.slice(Math.max(end, text.length - LONGEST))
  }
}
