import { type EntryRule, isSwitch, type Rule } from '../../src/domain/rule.ts'
import { AdapterError, type Change, type Observed, type Outcome, type Receipt } from '../adapter.ts'
import { Unanswered } from '../transport/unanswered.ts'
import { admit } from './admission.ts'
import type { ConfiguredDevice, EntryChange, Listing, Refusals } from './device.ts'

/** The entries as somebody else has changed them: keys that are gone, and whether more stand than we put. */
export interface Drift {
  readonly gone: readonly string[]
  readonly more: boolean
}

const READ_BACK: Outcome = Object.freeze({ result: 'done', evidence: 'read-back' })

/**
 * The entries of one device: what stands as of the last look, and what a change makes of it. Nothing here runs twice at
 * a time; whoever owns it sees to that.
 */
export class Entries {
  readonly #device: ConfiguredDevice
  readonly #maxEntries: number
  readonly #onMissing: (why: string | undefined) => void
  /** What stood at the last look; undefined when that is not known any more. */
  #held: Map<string, EntryRule> | undefined
  /** What was not in effect as it is configured at the last look. */
  #unsettled: ReadonlyMap<string, EntryRule> = new Map()
  /** Why nothing can be put: containers are missing. */
  #lacks: string | undefined

  /** @param onMissing told when containers are missing, and when they are there again */
  constructor(device: ConfiguredDevice, maxEntries: number, onMissing: (why: string | undefined) => void) {
    this.#device = device
    this.#maxEntries = maxEntries
    this.#onMissing = onMissing
  }

  /** @throws AdapterError */
  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    const asked = what === 'all' ? what : what.filter((rule): rule is EntryRule => !isSwitch(rule))
    if (asked !== 'all' && asked.length === 0) return NOTHING
    const listing = await this.#read(asked, signal)
    if (asked === 'all') this.#held = new Map(listing.rules)
    const { rules, unsettled = NONE } = listing
    const among = (held: ReadonlyMap<string, EntryRule>): Rule[] =>
      asked === 'all' ? [...held.values()] : asked.filter(({ key }) => held.has(key))
    return {
      ...{ rules: among(rules), uncertain: among(unsettled), evidence: 'read-back' },
      foreign: asked === 'all' ? listing.foreign : 0,
    }
  }

  /** @throws AdapterError when nothing was changed and no rule by itself is the reason */
  async apply(change: Change, signal: AbortSignal): Promise<Receipt> {
    if (!hasEntries(change)) return new Map()
    const held = await this.#known(signal)
    const { needed, outcomes } = admit(
      change,
      { held, unsettled: this.#unsettled },
      this.#maxEntries,
      (rule) => this.#device.whyUnsupported(rule),
    )
    if (this.#lacks !== undefined) refuseAll(change, outcomes, this.#lacks)
    const refusals = await this.#write(
      this.#lacks === undefined ? needed : { put: [], remove: needed.remove },
      held.size,
      outcomes,
      signal,
    )
    if (refusals === undefined) return outcomes
    await this.#readBack(change, held, refusals, outcomes, signal)
    return outcomes
  }

  /** Looks at everything, and says what differs from the last look; nothing differs from what was not known. */
  async drift(signal: AbortSignal): Promise<Drift> {
    const before = this.#held
    const { rules } = await this.#read('all', signal)
    this.#held = new Map(rules)
    if (before === undefined) return { gone: [], more: false }
    const gone = [...before.keys()].filter((key) => !rules.has(key))
    return { gone, more: rules.size > before.size - gone.length }
  }

  async #known(signal: AbortSignal): Promise<Map<string, EntryRule>> {
    this.#held ??= new Map((await this.#read('all', signal)).rules)
    return this.#held
  }

  /** @returns undefined when everything has its outcome already */
  async #write(
    needed: EntryChange,
    standing: number,
    outcomes: Map<string, Outcome>,
    signal: AbortSignal,
  ): Promise<Refusals | undefined> {
    if (needed.put.length + needed.remove.length === 0) return new Map()
    try {
      return await this.#device.write(needed, standing, signal)
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      const unknown = error instanceof Unanswered
      if (unknown) this.#held = undefined
      const outcome: Outcome = unknown
        ? { result: 'unknown', words: error.message }
        : { result: 'failed', class: error.class, words: error.message }
      for (const { key } of [...needed.put, ...needed.remove]) outcomes.set(key, outcome)
      return undefined
    }
  }

  /** Nothing is done before it was seen to be so: servers have said ok to what they did not do. */
  async #readBack(
    { put, remove }: Change,
    held: Map<string, EntryRule>,
    refusals: Refusals,
    outcomes: Map<string, Outcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const asked = [...put, ...remove].filter(
      (rule): rule is EntryRule => !isSwitch(rule) && !outcomes.has(rule.key),
    )
    if (asked.length === 0) return
    const found = await this.#readOrForget(asked, signal)
    if (found === undefined) {
      for (const { key } of asked)
        outcomes.set(key, { result: 'unknown', words: 'it was written, and could not be read back' })
      return
    }
    const wanted = new Set(put.map(({ key }) => key))
    for (const rule of asked) {
      const present = found.rules.has(rule.key)
      if (present) held.set(rule.key, rule)
      else held.delete(rule.key)
      const unsettled = found.unsettled?.has(rule.key) ?? false
      outcomes.set(rule.key, outcomeOf(wanted.has(rule.key), { present, unsettled }, refusals.get(rule.key)))
    }
  }

  async #readOrForget(asked: readonly EntryRule[], signal: AbortSignal): Promise<Listing | undefined> {
    try {
      return await this.#read(asked, signal)
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      this.#held = undefined
      return undefined
    }
  }

  async #read(what: 'all' | readonly EntryRule[], signal: AbortSignal): Promise<Listing> {
    const listing = await this.#device.read(what, signal)
    const asked = new Set(what === 'all' ? [...this.#unsettled.keys()] : what.map(({ key }) => key))
    const { unsettled = NONE } = listing
    this.#unsettled = new Map([...this.#unsettled].filter(([key]) => !asked.has(key)).concat([...unsettled]))
    if (what === 'all') this.#notice(listing.missing)
    return listing
  }

  #notice(missing: readonly string[]): void {
    const lacks =
      missing.length === 0
        ? undefined
        : `it has no ${missing.join(', no ')}: cordon provision device prints and installs what is missing`
    if (lacks === this.#lacks) return
    this.#lacks = lacks
    this.#onMissing(lacks)
  }
}

function hasEntries({ put, remove }: Change): boolean {
  return [...put, ...remove].some((rule) => !isSwitch(rule))
}

/** An entry in a container that nothing refers to would stop no packet. */
function refuseAll({ put }: Change, outcomes: Map<string, Outcome>, words: string): void {
  for (const rule of put)
    if (!isSwitch(rule) && !outcomes.has(rule.key))
      outcomes.set(rule.key, { result: 'failed', class: 'rejected', words })
}

const NONE: ReadonlyMap<string, EntryRule> = new Map()
const NOTHING: Observed = { rules: [], uncertain: [], evidence: 'read-back', foreign: 0 }

function outcomeOf(
  wanted: boolean,
  { present, unsettled }: { readonly present: boolean; readonly unsettled: boolean },
  refusal: AdapterError | undefined,
): Outcome {
  if (wanted === present && !unsettled) return READ_BACK
  if (refusal !== undefined) return { result: 'failed', class: refusal.class, words: refusal.message }
  if (unsettled) return { result: 'failed', class: 'rejected', words: 'what is configured is not in effect' }
  const words = wanted ? 'does not have it' : 'has it still'
  return { result: 'failed', class: 'rejected', words: `it said that it was done, and ${words}` }
}
