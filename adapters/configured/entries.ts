import { type EntryRule, isSwitch, type Rule } from '../../src/domain/rule.ts'
import { AdapterError, type Change, type Observed, type Outcome, type Receipt } from '../adapter.ts'
import { Unanswered } from '../transport/unanswered.ts'
import { admit } from './admission.ts'
import type { Bypass, ConfiguredDevice, EntryChange, Listing, Refusals } from './device.ts'

/** The entries as somebody else has changed them: keys that are gone, and whether more is to be read anew. */
export interface Drift {
  readonly gone: readonly string[]
  readonly more: boolean
}

/** Why entries stop nothing: containers are missing, so that nothing can be put, or packets pass by what there is. */
export type Lack = 'not-provisioned' | 'bypassed'

const READ_BACK: Outcome = Object.freeze({ result: 'done', evidence: 'read-back' })

/**
 * The entries of one device: what stands as of the last look, and what a change makes of it. Nothing here runs twice at
 * a time; whoever owns it sees to that.
 */
export class Entries {
  readonly #device: ConfiguredDevice
  readonly #maxEntries: number
  readonly #onLack: (lack: Lack, why: string | undefined) => void
  /** What stood at the last look; undefined when that is not known any more. */
  #held: Map<string, EntryRule> | undefined
  /** What was not in effect as it is configured at the last look. */
  #unsettled: ReadonlyMap<string, EntryRule> = new Map()
  /** As of the last look at everything. */
  readonly #lacks = new Map<Lack, string>()
  /** As of the last look at everything; a look at some rules may not see all of them. */
  #bypasses: readonly Bypass[] = []

  /** @param onLack told when there is one, and when there is none any more */
  constructor(
    device: ConfiguredDevice,
    maxEntries: number,
    onLack: (lack: Lack, why: string | undefined) => void,
  ) {
    this.#device = device
    this.#maxEntries = maxEntries
    this.#onLack = onLack
  }

  /** @throws AdapterError */
  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    const asked = what === 'all' ? what : what.filter((rule): rule is EntryRule => !isSwitch(rule))
    if (asked !== 'all' && asked.length === 0) return NOTHING
    const listing = await this.#read(asked, signal)
    if (asked === 'all') this.#held = new Map(listing.rules)
    const { rules, unsettled = NONE } = listing
    const among = (held: ReadonlyMap<string, EntryRule>): EntryRule[] =>
      asked === 'all' ? [...held.values()] : asked.filter(({ key }) => held.has(key))
    const configured = among(rules)
    const passed = new Set(configured.filter((rule) => bypassOf(rule, listing.bypasses) !== undefined))
    return {
      rules: configured.filter((rule) => !passed.has(rule)),
      uncertain: [...passed, ...among(unsettled)],
      evidence: 'read-back',
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
    const lacks = this.#lacks.get('not-provisioned')
    if (lacks !== undefined) refuseAll(change, outcomes, lacks)
    const refusals = await this.#write(
      lacks === undefined ? needed : { put: [], remove: needed.remove },
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
    const passedBefore = this.#lacks.get('bypassed')
    const { rules, unsettled = NONE } = await this.#read('all', signal)
    this.#held = new Map(rules)
    if (before === undefined) return { gone: [], more: false }
    const keys = [...before.keys()]
    const gone = keys.filter((key) => !rules.has(key) && !unsettled.has(key))
    // Who switches us off has taken no entry away.
    const asleep = keys.some((key) => unsettled.has(key))
    const passed = this.#lacks.get('bypassed') !== passedBefore
    return { gone, more: asleep || passed || rules.size > before.size - gone.length }
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
    const stood = new Set(held.keys())
    for (const rule of asked) {
      const present = found.rules.has(rule.key)
      if (present) held.set(rule.key, rule)
      else held.delete(rule.key)
      const asleep =
        (found.unsettled?.has(rule.key) ?? false) ? 'what is configured is not in effect' : undefined
      // What has just been written is ahead of what somebody had put ahead of what there was.
      const others = stood.has(rule.key) ? this.#bypasses : []
      const without = asleep ?? (present ? bypassOf(rule, found.bypasses, others) : undefined)
      outcomes.set(
        rule.key,
        outcomeOf(wanted.has(rule.key), { present, asleep, without }, refusals.get(rule.key)),
      )
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
    if (what === 'all') {
      const { missing, bypasses = [] } = listing
      this.#bypasses = bypasses
      this.#notice(
        'not-provisioned',
        missing.length === 0 ? undefined : `it has no ${missing.join(', no ')}: ${HELP}`,
      )
      this.#notice('bypassed', bypasses.length === 0 ? undefined : passing(bypasses))
    }
    return listing
  }

  #notice(lack: Lack, why: string | undefined): void {
    if (why === this.#lacks.get(lack)) return
    if (why === undefined) this.#lacks.delete(lack)
    else this.#lacks.set(lack, why)
    this.#onLack(lack, why)
  }
}

const HELP = 'cordon provision device prints and installs what is missing'

/** How many of them are told. */
const TOLD = 3

function passing(bypasses: readonly Bypass[]): string {
  const words = bypasses.slice(0, TOLD).map((one) => one.words)
  const more = bypasses.length > TOLD ? `, and ${bypasses.length - TOLD} more` : ''
  return `packets may pass by: ${words.join('; ')}${more}`
}

function bypassOf(rule: EntryRule, ...bypasses: (readonly Bypass[] | undefined)[]): string | undefined {
  const found = bypasses.flatMap((some) => some ?? []).find((one) => one.concerns(rule))
  return found === undefined ? undefined : `it is configured, and packets may pass by: ${found.words}`
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

interface Seen {
  readonly present: boolean
  /** Why it is neither in effect nor gone, in words. */
  readonly asleep: string | undefined
  /** Why it stops nothing though it may be configured, in words. */
  readonly without: string | undefined
}

function outcomeOf(
  wanted: boolean,
  { present, asleep, without }: Seen,
  refusal: AdapterError | undefined,
): Outcome {
  if (wanted === present && (wanted ? without : asleep) === undefined) return READ_BACK
  if (refusal !== undefined) return { result: 'failed', class: refusal.class, words: refusal.message }
  // It is not absent either: a release has to take it away.
  if (wanted && without !== undefined) return { result: 'unknown', words: without }
  if (asleep !== undefined) return { result: 'failed', class: 'rejected', words: asleep }
  const words = wanted ? 'does not have it' : 'has it still'
  return { result: 'failed', class: 'rejected', words: `it said that it was done, and ${words}` }
}
