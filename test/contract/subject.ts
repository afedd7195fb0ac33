import assert from 'node:assert/strict'
import {
  AdapterError,
  type Capabilities,
  type Change,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../../adapters/adapter.ts'
import { actionText, type Rule, sameAction } from '../../src/domain/rule.ts'
import { bounded } from './bounded.ts'

const NOTHING: Change = { put: [], remove: [] }

/** A session under test: keeps to the adapter's batch size, and fails when anything takes too long. */
export class Subject {
  readonly session: Session
  readonly capabilities: Capabilities
  readonly #patience: number
  readonly #truth: (() => Promise<readonly Rule[]>) | undefined

  constructor(
    session: Session,
    capabilities: Capabilities,
    patience: number,
    truth?: () => Promise<readonly Rule[]>,
  ) {
    this.session = session
    this.capabilities = capabilities
    this.#patience = patience
    this.#truth = truth
  }

  observe(what: 'all' | readonly Rule[] = 'all', signal = new AbortController().signal): Promise<Observed> {
    return bounded('observe', this.#patience, this.session.observe(what, signal))
  }

  /** Applies in batches; every key has an outcome, as a missing one counts as `unknown`. */
  async apply(change: Partial<Change>, signal = new AbortController().signal): Promise<Map<string, Outcome>> {
    const outcomes = new Map<string, Outcome>()
    for (const batch of batches({ ...NOTHING, ...change }, this.capabilities.batch)) {
      const receipt = await bounded('apply', this.#patience, this.session.apply(batch, signal))
      for (const rule of [...batch.put, ...batch.remove]) outcomes.set(rule.key, outcomeOf(receipt, rule.key))
    }
    return outcomes
  }

  /** Applies and demands `done` for every key. */
  async make(change: Partial<Change>): Promise<void> {
    for (const [key, outcome] of await this.apply(change)) {
      assert.equal(outcome.result, 'done', `${key}: ${JSON.stringify(outcome)}`)
    }
  }

  /** What an engine would do next: rules to put and to remove so that `desired` holds. */
  async plan(desired: readonly Rule[]): Promise<Change> {
    return planFor(desired, await this.observe())
  }

  /** Plans and applies once, and demands that nothing is left to do. */
  async settle(desired: readonly Rule[]): Promise<void> {
    await this.make(await this.plan(desired))
    // A device that cannot report may not even know what an earlier session left there.
    if (this.capabilities.evidence !== 'enforcer') await this.make({ put: desired })
    await this.observe()
    await this.rest()
    await this.expect(desired)
  }

  /** Tells the session that nothing is left to apply. */
  async rest(): Promise<void> {
    await bounded('settled', this.#patience, this.session.settled?.() ?? Promise.resolve())
  }

  /** Demands that the device holds exactly `desired`, also by the fixture's own look at it. */
  async expect(desired: readonly Rule[]): Promise<void> {
    const observed = await this.observe()
    sameRules(heldBy(observed, this.capabilities), desired, 'observed')
    if (this.capabilities.evidence !== 'none') {
      assert.deepEqual(planFor(desired, observed), NOTHING, 'a second plan is empty')
    }
    if (this.#truth !== undefined) await agrees(this.#truth, desired, this.#patience)
  }
}

/** The device may take a moment to get there behind a speaker, so this asks until it agrees or patience ends. */
async function agrees(
  truth: () => Promise<readonly Rule[]>,
  desired: readonly Rule[],
  ms: number,
): Promise<void> {
  const end = performance.now() + ms
  for (;;) {
    const found = await truth()
    if (performance.now() > end || sameText(found, desired)) return sameRules(found, desired, 'in truth')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Whether a rejection is of the kind that the contract allows. */
export function assertAdapterError(error: unknown): asserts error is AdapterError {
  assert.ok(error instanceof AdapterError, `expected an AdapterError, got ${String(error)}`)
}

export function planFor(desired: readonly Rule[], observed: Observed): Change {
  const wanted = new Map(desired.map((rule) => [rule.key, rule]))
  const held = new Map(observed.rules.map((rule) => [rule.key, rule]))
  for (const rule of observed.uncertain) held.delete(rule.key)
  const put = desired.filter((rule) => {
    const there = held.get(rule.key)
    return there === undefined || !sameAction(there.action, rule.action)
  })
  const remove = [...observed.rules, ...observed.uncertain].filter((rule) => !wanted.has(rule.key))
  return { put, remove: [...new Map(remove.map((rule) => [rule.key, rule])).values()] }
}

/** A device that cannot tell may answer with doubts only. */
function heldBy(observed: Observed, capabilities: Capabilities): readonly Rule[] {
  return capabilities.evidence === 'none' ? [...observed.rules, ...observed.uncertain] : observed.rules
}

export function textOf(rules: readonly Rule[]): string[] {
  return rules.map((rule) => `${rule.key} => ${actionText(rule.action)}`).sort()
}

function sameText(a: readonly Rule[], b: readonly Rule[]): boolean {
  return textOf(a).join('\n') === textOf(b).join('\n')
}

function sameRules(found: readonly Rule[], desired: readonly Rule[], how: string): void {
  assert.deepEqual(textOf(found), textOf(desired), `the rules ${how} are those desired`)
  const bodies = new Map(desired.map((rule) => [rule.key, rule]))
  for (const rule of found)
    assert.deepEqual(rule, bodies.get(rule.key), `the rule ${how} agrees with its key`)
}

function outcomeOf(receipt: Receipt, key: string): Outcome {
  return receipt.get(key) ?? { result: 'unknown', words: 'no outcome in the receipt' }
}

/** Never empty, so that an empty change is tried too. */
function batches(change: Change, size: number): Change[] {
  const items = [
    ...change.remove.map((rule) => ({ rule, remove: true })),
    ...change.put.map((rule) => ({ rule, remove: false })),
  ]
  const found: Change[] = []
  for (let start = 0; start === 0 || start < items.length; start += size) {
    const slice = items.slice(start, start + size)
    found.push({
      put: slice.filter((item) => !item.remove).map((item) => item.rule),
      remove: slice.filter((item) => item.remove).map((item) => item.rule),
    })
  }
  return found
}
