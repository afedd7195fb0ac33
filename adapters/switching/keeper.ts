import { type Action, isSwitch, type Rule, ruleFromKey, type SwitchRule } from '../../src/domain/rule.ts'
import type {
  AdapterEnv,
  AdapterError,
  Change,
  DeviceChange,
  Observed,
  Outcome,
  Receipt,
} from '../adapter.ts'
import { type Kept, keptText, readKept } from './kept-memo.ts'
import { Doubt, isAbsent, type Panel, positionIn, type Sight } from './panel.ts'
import { isRefusal, troubleIn } from './switches.ts'
import { refuseAborted, Turns } from './turns.ts'

export interface KeeperOptions {
  /** Down is: no session, or none outside of quarantine. Down ends them, up lets them come again. */
  readonly panel: Panel
  readonly env: Pick<AdapterEnv, 'remember' | 'recall'>
  /** Why nobody is kept off by this rule; `undefined` where it may be. */
  readonly whyNot: (rule: SwitchRule) => string | undefined
  readonly tell: (change: DeviceChange) => void
  /** Ends everything that waits for its turn. */
  readonly closing: AbortSignal
}

type Troubles = ReadonlyMap<string, AdapterError>

const DONE: Outcome = Object.freeze({ result: 'done', evidence: 'read-back' })
const RELEASED: Outcome = Object.freeze({ result: 'done', evidence: 'acknowledged' })
const NO_MARKS: ReadonlyMap<string, string> = new Map()

/**
 * What the contract says of `no-session`: nothing is found and nothing restored. Whom it sees to is in the memo before
 * the device is told, and that it was told afterwards: who died in between tells it again, also where nobody has a session.
 * Whatever appears while they are seen to is ended, whoever has brought it about. Of whom it was to let go and does not
 * know whether the device has, it ends nothing, and is uncertain.
 */
export class Keeper {
  readonly #panel: Panel
  readonly #remember: (memo: string) => Promise<void>
  readonly #whyNot: KeeperOptions['whyNot']
  readonly #tell: (change: DeviceChange) => void
  readonly #closing: AbortSignal
  readonly #turns: Turns
  #kept: Kept
  /** Whose sessions went on after the last look. */
  #open: ReadonlySet<string> = new Set()
  /** Who was told of as having sessions that do not end. */
  #staying = ''

  /** @throws AdapterError `bad-memo` */
  constructor({ panel, env, whyNot, tell, closing }: KeeperOptions) {
    this.#panel = panel
    this.#remember = (memo) => env.remember(memo)
    this.#whyNot = whyNot
    this.#tell = tell
    this.#closing = closing
    this.#turns = new Turns(closing)
    this.#kept = readKept(env.recall())
  }

  /** Ends what has appeared meanwhile; what goes on in spite of that is uncertain. @throws AdapterError */
  observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    return this.#turns.take(signal, async () => {
      const asked = what === 'all' ? undefined : new Set(what.map(({ key }) => key))
      const ours = this.#rules().filter(({ key }) => asked?.has(key) ?? true)
      const { open } = await this.#seeTo(ours.filter(this.#stays), signal)
      const isHeld = (rule: SwitchRule): boolean => this.#stays(rule) && !open.has(rule.key)
      return {
        rules: ours.filter(isHeld),
        uncertain: ours.filter((rule) => !isHeld(rule)),
        evidence: 'read-back',
        foreign: 0,
      }
    })
  }

  apply({ put, remove }: Change, signal: AbortSignal): Promise<Receipt> {
    return this.#turns.take(signal, async () => {
      const receipt = new Map<string, Outcome>()
      await this.#release(remove.filter(isSwitch), receipt, signal)
      await this.#keepOff(put.filter(isSwitch), receipt, signal)
      return receipt
    })
  }

  /** Ends what has appeared, and tells of what does not end. @throws AdapterError when the device cannot be read */
  look(): Promise<void> {
    return this.#turns.take(this.#closing, async () => {
      const { open, troubles } = await this.#seeTo(this.#rules().filter(this.#stays), this.#closing)
      // Who comes back at once is not who stays.
      const again = this.#rules().filter(({ key }) => open.has(key) && this.#open.has(key))
      this.#open = new Set(open.keys())
      this.#tellOf(
        again.map(({ name }) => name),
        again.flatMap(({ key }) => troubles.get(key)?.message ?? []),
      )
    })
  }

  #tellOf(names: readonly string[], troubles: readonly string[]): void {
    const staying = names.join(', ')
    if (staying === this.#staying) return
    this.#staying = staying
    const words = staying === '' ? 'no session goes on' : `sessions of ${staying} go on`
    this.#tell({
      ...{ type: 'status', code: 'session-stays', ok: staying === '' },
      words: [words, ...troubles.slice(0, 1)].join(': '),
    })
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<void> {
    return this.#turns.idle()
  }

  /** Tells the device of whom it was not told yet, and ends what is there. @returns who may have sessions still */
  async #seeTo(
    rules: readonly SwitchRule[],
    signal: AbortSignal,
  ): Promise<{ open: ReadonlyMap<string, Sight | undefined>; troubles: Troubles }> {
    const before = await this.#panel.read(rules, signal, NO_MARKS)
    const isDown = (sight: Sight | undefined): boolean => positionIn(sight) === 'down'
    const isTold = (key: string): boolean => this.#kept.get(key)?.is === 'told'
    const due = rules.filter(({ key }) => !isTold(key) || !isDown(before.get(key)))
    const there = due.filter(({ key }) => !isAbsent(before.get(key)))
    const troubles = await this.#turnAll(there, 'down', signal)
    const kept = new Map(this.#kept)
    for (const { key, action } of there) if (!troubles.has(key)) kept.set(key, { do: action.do, is: 'told' })
    await this.#keep(kept)
    const after = due.length === 0 ? before : await this.#panel.read(due, signal, NO_MARKS)
    const open = due.flatMap(({ key }) =>
      isTold(key) && isDown(after.get(key)) ? [] : [[key, after.get(key)] as const],
    )
    return { open: new Map(open), troubles }
  }

  async #keepOff(
    asked: readonly SwitchRule[],
    receipt: Map<string, Outcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const admitted = asked.filter((rule) => this.#admit(rule, receipt))
    const earlier = this.#kept
    const wanted = new Map(earlier)
    for (const { key, action } of admitted) {
      const { do: does, is } = earlier.get(key) ?? {}
      if (does !== action.do || is === 'leaving') wanted.set(key, { do: action.do, is: 'due' })
    }
    await this.#keep(wanted)
    const { open, troubles } = await this.#seeTo(admitted, signal)
    const kept = new Map(this.#kept)
    for (const { key } of admitted) {
      const outcome = open.has(key) ? outcomeOf(open.get(key), troubles.get(key)) : DONE
      receipt.set(key, outcome)
      if (outcome.result !== 'failed') continue
      // What stood before, of another action, was not refused.
      const before = earlier.get(key)
      if (before === undefined) kept.delete(key)
      else kept.set(key, before)
    }
    await this.#keep(kept)
  }

  #admit(rule: SwitchRule, receipt: Map<string, Outcome>): boolean {
    const why = this.#whyNot(rule)
    if (why !== undefined) receipt.set(rule.key, { result: 'failed', class: 'rejected', words: why })
    return why === undefined
  }

  /** What could not be let go stays in the memo, to be tried again. */
  async #release(
    asked: readonly SwitchRule[],
    receipt: Map<string, Outcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const ours = this.#rules().filter(({ key }) => asked.some((rule) => rule.key === key))
    const earlier = this.#kept
    await this.#keep(
      new Map([
        ...earlier,
        ...ours.map(({ key, action }) => [key, { do: action.do, is: 'leaving' }] as const),
      ]),
    )
    const troubles = await this.#turnAll(ours, 'up', signal)
    const kept = new Map(this.#kept)
    for (const { key } of ours) {
      const [trouble, before] = [troubles.get(key), earlier.get(key)]
      if (trouble === undefined) kept.delete(key)
      // What was refused was not done.
      else if (isRefusal(trouble) && before !== undefined) kept.set(key, before)
    }
    await this.#keep(kept)
    for (const { key } of asked) {
      const trouble = troubles.get(key)
      receipt.set(key, trouble === undefined ? RELEASED : failureOf(trouble))
    }
  }

  /** One by one: a device that refuses one takes the others. @returns refusals and doubts, by key */
  async #turnAll(rules: readonly SwitchRule[], to: 'up' | 'down', signal: AbortSignal): Promise<Troubles> {
    const troubles = new Map<string, AdapterError>()
    for (const rule of rules) {
      refuseAborted(signal)
      const trouble = await troubleIn(this.#panel.turn(rule, to, signal, undefined))
      if (trouble !== undefined) troubles.set(rule.key, trouble)
    }
    return troubles
  }

  readonly #stays = ({ key }: SwitchRule): boolean => this.#kept.get(key)?.is !== 'leaving'

  #rules(): SwitchRule[] {
    return [...this.#kept].flatMap(([key, { do: action }]) => {
      const rule = ruleFromKey(key, { do: action } as Action)
      return isSwitch(rule) ? [rule] : []
    })
  }

  async #keep(kept: Kept): Promise<void> {
    const text = keptText(kept)
    if (text === keptText(this.#kept)) return
    await this.#remember(text)
    this.#kept = kept
  }
}

function outcomeOf(sight: Sight | undefined, trouble: AdapterError | undefined): Outcome {
  if (isAbsent(sight)) return { result: 'failed', class: sight.class ?? 'rejected', words: sight.absent }
  if (trouble !== undefined) return failureOf(trouble)
  return { result: 'unknown', words: 'there are sessions still, and they are ended again' }
}

function failureOf(trouble: AdapterError): Outcome {
  if (trouble instanceof Doubt) return { result: 'unknown', words: trouble.message }
  return { result: 'failed', class: trouble.class, words: trouble.message }
}
