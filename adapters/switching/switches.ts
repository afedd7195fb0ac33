import { DROP, isSwitch, type Rule, ruleFromKey, type SwitchRule } from '../../src/domain/rule.ts'
import {
  type AdapterEnv,
  AdapterError,
  type Change,
  type DeviceChange,
  type Observed,
  type Outcome,
  type Receipt,
} from '../adapter.ts'
import { type Finding, type Found, memoText, readMemo } from './memo.ts'
import {
  type Absent,
  Doubt,
  isAbsent,
  type Marks,
  type Panel,
  type Position,
  positionIn,
  type Sight,
} from './panel.ts'
import { refuseAborted, Turns } from './turns.ts'

export interface SwitchesOptions {
  readonly panel: Panel
  readonly env: Pick<AdapterEnv, 'remember' | 'recall'>
  /** All that may be put down. What we have down already is restored even if it is no longer among them. */
  readonly known: readonly SwitchRule[]
  /** Of what cannot be listed: why it may not be put down; `undefined` where it may. */
  readonly whyNot?: (rule: SwitchRule) => string | undefined
  readonly tell: (change: DeviceChange) => void
  /** Ends everything that waits for its turn. */
  readonly closing: AbortSignal
}

type Sights = ReadonlyMap<string, Sight>

const DONE: Outcome = Object.freeze({ result: 'done', evidence: 'read-back' })

/** The device has said that it has not done what it was told, and may do other things. */
const REFUSALS: readonly AdapterError['class'][] = ['rejected', 'auth', 'unsupported']

/**
 * What the contract says of switches, over any device that can read and turn them: one thing after another, the memo
 * before the device, and forgotten only once the device was seen to be as it was found.
 */
export class Switches {
  readonly #panel: Panel
  readonly #remember: (memo: string) => Promise<void>
  readonly #known: ReadonlyMap<string, SwitchRule>
  readonly #whyNot: (rule: SwitchRule) => string | undefined
  readonly #tell: (change: DeviceChange) => void
  readonly #closing: AbortSignal
  readonly #turns: Turns
  #found: Found
  /** Keys that were seen down while the memo had them: who sees one up afterwards knows that somebody else did that. */
  readonly #seenDown = new Set<string>()
  #looking: Promise<void> | undefined

  /** @throws AdapterError `bad-memo` */
  constructor({ panel, env, known, whyNot, tell, closing }: SwitchesOptions) {
    this.#panel = panel
    this.#remember = (memo) => env.remember(memo)
    this.#known = new Map(known.map((rule) => [rule.key, rule]))
    this.#whyNot = whyNot ?? ((rule) => notAmong(rule, [...this.#known.values()]))
    this.#tell = tell
    this.#closing = closing
    this.#turns = new Turns(closing)
    this.#found = readMemo(env.recall())
  }

  observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    return this.#turns.take(signal, async () => {
      const asked = what === 'all' ? this.#all() : this.#ours(what)
      const sights = await this.#read(asked, signal)
      await this.#settle(asked, sights)
      const isDown = ({ key }: SwitchRule): boolean => positionIn(sights.get(key)) === 'down'
      const ours = asked.filter(({ key }) => this.#found.has(key))
      const foreign = asked.filter((rule) => isDown(rule) && !this.#found.has(rule.key))
      return {
        rules: ours.filter(isDown),
        uncertain: ours.filter((rule) => !isDown(rule)),
        evidence: 'read-back',
        foreign: what === 'all' ? foreign.length : 0,
      }
    })
  }

  /** What is known where the device lets nobody look: what is owed may stand in any way. */
  unseen(what: 'all' | readonly Rule[]): Observed {
    const asked = what === 'all' ? this.#all() : this.#ours(what)
    const owed = asked.filter(({ key }) => this.#found.has(key))
    return { rules: [], uncertain: owed, evidence: 'read-back', foreign: 0 }
  }

  apply({ put, remove }: Change, signal: AbortSignal): Promise<Receipt> {
    return this.#turns.take(signal, async () => {
      const receipt = new Map<string, Outcome>()
      for (const rule of remove) if (!isSwitch(rule)) receipt.set(rule.key, DONE)
      for (const rule of put) if (!isSwitch(rule)) receipt.set(rule.key, noKind(rule))
      await this.#giveBack(remove.filter(isSwitch), receipt, signal)
      await this.#putDown(put.filter(isSwitch), receipt, signal)
      return receipt
    })
  }

  /**
   * Reads where everything stands, as something may have changed, and tells what others did. Several at once are one.
   * @throws AdapterError when the device cannot be read
   */
  look(): Promise<void> {
    this.#looking ??= this.#turns.take(this.#closing, async () => {
      this.#looking = undefined
      const asked = this.#all()
      const before = new Set(this.#seenDown)
      const given = await this.#settle(asked, await this.#read(asked, this.#closing))
      const tell = (key: string, present: boolean): void =>
        this.#tell({ type: 'seen', key, present, evidence: 'read-back' })
      for (const key of given) if (before.has(key)) tell(key, false)
      for (const key of this.#seenDown) if (!before.has(key)) tell(key, true)
    })
    return this.#looking
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<void> {
    return this.#turns.idle()
  }

  async #putDown(
    asked: readonly SwitchRule[],
    receipt: Map<string, Outcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const known = asked.filter((rule) => this.#admit(rule, receipt))
    const before = await this.#read(known, signal)
    const there = known.filter(({ key }) => {
      const sight = before.get(key)
      if (isAbsent(sight)) receipt.set(key, absence(sight))
      return !isAbsent(sight)
    })
    const found = new Map(this.#found)
    for (const { key } of there) found.set(key, findingOf(before.get(key), found.get(key)))
    await this.#keep(found)
    const troubles = await this.#turnAll(
      there.filter(({ key }) => positionIn(before.get(key)) !== 'down'),
      'down',
      signal,
    )
    const after = await this.#read(there, signal)
    const notDown: string[] = []
    for (const { key } of there) {
      const sight = after.get(key)
      const at = positionIn(sight)
      const trouble = troubles.get(key)
      if (at === 'down') this.#seenDown.add(key)
      else if (at !== 'moving' && !(trouble instanceof Doubt)) notDown.push(key)
      receipt.set(key, outcomeOf(sight, 'down', trouble))
    }
    await this.#forget(notDown)
  }

  #admit(rule: SwitchRule, receipt: Map<string, Outcome>): boolean {
    if (this.#known.has(rule.key)) return true
    const why = this.#whyNot(rule)
    if (why !== undefined) receipt.set(rule.key, this.#isKind(rule) ? rejected(why) : noKind(rule))
    return why === undefined
  }

  /** Where nothing is listed, the device says of each rule whether it is any of its own. */
  #isKind({ kind }: SwitchRule): boolean {
    return this.#known.size === 0 || [...this.#known.values()].some((known) => known.kind === kind)
  }

  async #giveBack(
    asked: readonly SwitchRule[],
    receipt: Map<string, Outcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const owed = asked.filter(({ key }) => this.#found.get(key)?.was === 'up')
    const before = await this.#read(owed, signal)
    const troubles = await this.#turnAll(
      owed.filter(({ key }) => ['down', 'moving'].includes(positionIn(before.get(key)) ?? '')),
      'up',
      signal,
    )
    const after = await this.#read(owed, signal)
    const kept = new Set<string>()
    for (const { key } of owed) {
      const sight = after.get(key)
      if (positionIn(sight) === 'up' || isAbsent(sight)) continue
      kept.add(key)
      receipt.set(key, outcomeOf(sight, 'up', troubles.get(key)))
    }
    const over = asked.map(({ key }) => key).filter((key) => !kept.has(key))
    await this.#forget(over)
    for (const key of over) receipt.set(key, DONE)
  }

  /** One by one: a device that refuses one takes the others. @returns refusals and doubts, by key */
  async #turnAll(
    rules: readonly SwitchRule[],
    to: Position,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, AdapterError>> {
    const troubles = new Map<string, AdapterError>()
    for (const rule of rules) {
      refuseAborted(signal)
      this.#seenDown.delete(rule.key)
      const mark = this.#found.get(rule.key)?.mark
      const trouble = await troubleIn(this.#panel.turn(rule, to, signal, mark))
      if (trouble !== undefined) troubles.set(rule.key, trouble)
    }
    return troubles
  }

  /**
   * Takes in where switches of the memo were seen: one that was down, and is up now, was taken back by somebody else;
   * one that does not exist any more has nothing to restore. One that was never seen down may still be going there.
   * @returns the keys that are not ours any more
   */
  async #settle(asked: readonly SwitchRule[], sights: Sights): Promise<readonly string[]> {
    const given: string[] = []
    for (const { key } of asked) {
      const sight = sights.get(key)
      if (!this.#found.has(key)) continue
      const at = positionIn(sight)
      if (at === 'down') this.#seenDown.add(key)
      else if (isAbsent(sight) || (at === 'up' && this.#seenDown.has(key))) given.push(key)
    }
    await this.#forget(given)
    return given
  }

  async #forget(keys: readonly string[]): Promise<void> {
    await this.#keep(new Map([...this.#found].filter(([key]) => !keys.includes(key))))
    for (const key of keys) this.#seenDown.delete(key)
  }

  #read(rules: readonly SwitchRule[], signal: AbortSignal): Promise<Sights> {
    const marks: Marks = new Map(
      rules.flatMap(({ key }) => {
        const mark = this.#found.get(key)?.mark
        return mark === undefined ? [] : [[key, mark] as const]
      }),
    )
    return this.#panel.read(rules, signal, marks)
  }

  async #keep(found: Found): Promise<void> {
    const text = memoText(found)
    if (text === memoText(this.#found)) return
    await this.#remember(text)
    this.#found = found
  }

  #all(): SwitchRule[] {
    const kept = [...this.#found.keys()].flatMap((key) => this.#ruleOf(key) ?? [])
    return [...new Map([...this.#known.values(), ...kept].map((rule) => [rule.key, rule])).values()]
  }

  #ruleOf(key: string): SwitchRule | undefined {
    const rule = this.#known.get(key) ?? ruleFromKey(key, DROP)
    return isSwitch(rule) ? rule : undefined
  }

  /** Of these, what may be read: a name that nobody has allowed is not even asked for. */
  #ours(rules: readonly Rule[]): SwitchRule[] {
    const all = new Set(this.#all().map(({ key }) => key))
    const asked = new Map(rules.filter(isSwitch).map((rule) => [rule.key, rule]))
    return [...asked.values()].filter((rule) => all.has(rule.key) || this.#whyNot(rule) === undefined)
  }
}

/** Whether the device itself has said no, so that it can be asked for other things. */
export function isRefusal(error: unknown): error is AdapterError {
  return error instanceof AdapterError && REFUSALS.includes(error.class)
}

/** Why one was not turned, or maybe not, where the device takes others. @throws what ends the session */
export async function troubleIn(turn: Promise<void>): Promise<AdapterError | undefined> {
  try {
    await turn
    return undefined
  } catch (error) {
    if (isRefusal(error) || error instanceof Doubt) return error
    throw error
  }
}

function noKind({ kind }: Rule): Outcome {
  return { result: 'failed', class: 'unsupported', words: `no rules of kind ${kind}` }
}

/** Of a name that the configuration does not list. */
function notAmong({ kind, name }: SwitchRule, known: readonly SwitchRule[]): string {
  const names = known.filter((one) => one.kind === kind).map((one) => one.name)
  return `it may not touch ${name}: its configuration allows ${names.join(', ')}`
}

/**
 * What was found first stands, unless it is up by now: then somebody else had brought it up. What is on its way down is
 * not known to have been put down by anybody.
 */
function findingOf(sight: Sight | undefined, before: Finding | undefined): Finding {
  const at = positionIn(sight)
  const was = at === 'up' ? 'up' : (before?.was ?? (at === 'down' ? 'down' : 'up'))
  const mark = typeof sight === 'object' && 'mark' in sight ? sight.mark : before?.mark
  return mark === undefined ? { was } : { was, mark }
}

function outcomeOf(sight: Sight | undefined, wanted: Position, trouble: AdapterError | undefined): Outcome {
  const at = positionIn(sight)
  if (at === wanted) return DONE
  if (trouble instanceof Doubt) return { result: 'unknown', words: trouble.message }
  if (trouble !== undefined) return { result: 'failed', class: trouble.class, words: trouble.message }
  if (at === 'moving') return { result: 'unknown', words: 'it is still on its way between up and down' }
  if (isAbsent(sight)) return absence(sight)
  return rejected(`it was told to go ${wanted}, and said so, and is still not ${wanted}`)
}

function absence({ absent, class: of = 'rejected' }: Absent): Outcome {
  return { result: 'failed', class: of, words: absent }
}

function rejected(words: string): Outcome {
  return { result: 'failed', class: 'rejected', words }
}
