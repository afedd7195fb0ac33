import type { Change, Outcome } from '../adapter.ts'
import type { Settings } from './config.ts'
import type { Mirror } from './mirror.ts'
import { isTooLong, shapeName } from './name.ts'
import { type Entry, entryOf } from './shape.ts'
import { type Job, twinOf } from './transaction.ts'

export interface Admission {
  readonly jobs: readonly Job[]
  /** What is refused before nft hears of it. */
  readonly refused: ReadonlyMap<string, Outcome>
}

/** Sorts out what the table cannot hold, and what would be more than it may hold. */
export function admit(settings: Settings, mirror: Mirror, change: Change): Admission {
  const refused = new Map<string, Outcome>()
  const jobs: Job[] = []
  const room = new Room(settings, mirror)
  for (const put of [false, true]) {
    for (const rule of put ? change.put : change.remove) {
      const entry = entryOf(rule)
      if ('unsupported' in entry) {
        // What cannot stand here does not stand here.
        refused.set(
          rule.key,
          put ? failed('unsupported', entry.unsupported) : { result: 'done', evidence: 'read-back' },
        )
        continue
      }
      const full = put ? room.take(entry) : room.give(entry)
      if (full === undefined) jobs.push({ rule, put, entry })
      else refused.set(rule.key, full)
    }
  }
  return { jobs, refused }
}

function failed(errorClass: 'unsupported' | 'capacity', words: string): Outcome {
  return { result: 'failed', class: errorClass, words }
}

class Room {
  readonly #settings: Settings
  readonly #mirror: Mirror
  readonly #newSets = new Set<string>()
  #entries: number

  constructor(settings: Settings, mirror: Mirror) {
    this.#settings = settings
    this.#mirror = mirror
    this.#entries = mirror.size
  }

  take(entry: Entry): Outcome | undefined {
    const { maxEntries, maxShapes } = this.#settings
    const name = shapeName(entry.shape)
    if (isTooLong(name)) return failed('unsupported', 'more alternatives of flags than nftables can be told')
    const isNewSet = !this.#mirror.sets.has(name) && !this.#newSets.has(name)
    if (isNewSet && this.#mirror.sets.size + this.#newSets.size >= maxShapes) {
      return failed('capacity', `${maxShapes} kinds of match stand already (maxShapes)`)
    }
    if (!this.#holds(entry)) {
      if (this.#entries >= maxEntries) {
        return failed('capacity', `${maxEntries} rules stand already (maxEntries)`)
      }
      this.#entries++
    }
    if (isNewSet) this.#newSets.add(name)
    return undefined
  }

  give(entry: Entry): undefined {
    if (this.#holds(entry)) this.#entries--
  }

  #holds({ shape, value }: Entry): boolean {
    return [shape, twinOf(shape)].some((either) => this.#mirror.rate(shapeName(either), value) !== undefined)
  }
}
