import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Change, Observed, Outcome } from '../../adapters/adapter.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import {
  type Action,
  actionText,
  DROP,
  filterRule,
  type Rule,
  strictestAction,
} from '../../src/domain/rule.ts'
import { DeviceTable } from '../../src/engine/device-table.ts'
import { blocksOf } from '../../src/engine/entry.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 500
const RULES = 6
const BLOCKS = 8
/** Bits of two enforcers. */
const BOTH = 3

const ruleOf = (index: number): Rule =>
  filterRule(
    'acl',
    { family: 4, source: parsePrefix(`10.0.0.${index % RULES}`), components: {} },
    actionOf(0),
  )

/** Each block has an action of its own and keeps it. */
function actionOf(block: number): Action {
  return block % 3 === 0 ? DROP : { do: 'rate-limit', bytesPerSecond: 1_000 * (block % 3) }
}

type Fate = 'done' | 'rejected' | 'capacity' | 'unknown, made' | 'unknown, not made'

type Step =
  | {
      readonly do: 'want' | 'unwant'
      readonly rule: number
      readonly block: number
      readonly urgent: boolean
    }
  | { readonly do: 'send' | 'loseSession' | 'retry' | 'readAll' | 'readUnsettled' }
  | { readonly do: 'answer'; readonly which: number; readonly fates: readonly Fate[] }
  | { readonly do: 'drift'; readonly rule: number; readonly told: boolean }
  | { readonly do: 'witness'; readonly rule: number; readonly enforcer: 0 | 1; readonly present: boolean }

const rule = fc.nat(RULES - 1)
const fate = fc.constantFrom<Fate>(
  'done',
  'done',
  'rejected',
  'capacity',
  'unknown, made',
  'unknown, not made',
)
const wish = fc.record({ rule, block: fc.integer({ min: 1, max: BLOCKS }), urgent: fc.boolean() })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: wish.map((one) => ({ do: 'want' as const, ...one })) },
  { weight: 3, arbitrary: wish.map((one) => ({ do: 'unwant' as const, ...one })) },
  { weight: 5, arbitrary: fc.constant({ do: 'send' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(3),
      fates: fc.array(fate, { minLength: RULES, maxLength: RULES }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'readUnsettled' as const }) },
  fc.constantFrom<Step>({ do: 'loseSession' }, { do: 'retry' }, { do: 'readAll' }),
  fc.record({ do: fc.constant('drift' as const), rule, told: fc.boolean() }),
  fc.record({
    do: fc.constant('witness' as const),
    rule,
    enforcer: fc.constantFrom<0 | 1>(0, 1),
    present: fc.boolean(),
  }),
)

/** A device that is simple enough to be seen to be right, and what was asked of the table. */
class World {
  readonly wanted = new Map<string, Set<number>>()
  readonly device = new Map<string, Rule>()
  readonly underWay: Change[] = []
  /** Keys that someone else may have removed twice: they may stay off. */
  readonly driftedTwice = new Map<string, number>()
  readonly table: DeviceTable
  readonly #room: number

  constructor(room: number, batch: number, enforcers: number) {
    this.#room = room
    this.table = new DeviceTable({
      maxEntries: room,
      batch,
      enforcers: () => enforcers,
      actionOf,
      wasInForce: () => false,
      onEntry: () => {},
    })
  }

  take(step: Step): void {
    switch (step.do) {
      case 'want':
        return this.#want(ruleOf(step.rule), step.block, step.urgent)
      case 'unwant':
        this.wanted.get(ruleOf(step.rule).key)?.delete(step.block)
        return this.table.unwant(ruleOf(step.rule).key, step.block)
      case 'send':
        return this.send()
      case 'answer':
        return this.answer(step.which, step.fates)
      case 'loseSession':
        for (const change of this.underWay.splice(0)) this.#land(change, ['unknown, made'])
        return this.table.loseSession('cut')
      case 'retry':
        return this.table.retry('all')
      case 'readAll':
        return this.readAll()
      case 'readUnsettled':
        return this.readUnsettled()
      case 'drift':
        return this.#drift(ruleOf(step.rule).key, step.told)
      case 'witness':
        return this.table.witnessed(ruleOf(step.rule).key, step.enforcer, step.present)
    }
  }

  #want(rule: Rule, block: number, urgent: boolean): void {
    const blocks = this.wanted.get(rule.key) ?? new Set()
    this.wanted.set(rule.key, blocks.add(block))
    this.driftedTwice.delete(rule.key)
    this.table.want(rule, block, urgent)
  }

  send(): void {
    const before = new Set(
      this.underWay.flatMap(({ put, remove }) => [...put, ...remove].map(({ key }) => key)),
    )
    const unsettled = new Set(this.table.unsettled(RULES).map(({ key }) => key))
    const change = this.table.nextBatch()
    if (change === undefined) return
    for (const { key } of [...change.put, ...change.remove]) {
      assert.ok(!before.has(key), `${key} is under way twice`)
      assert.ok(!unsettled.has(key), `${key} is told before it was read`)
    }
    for (const { key, action } of change.put) {
      assert.ok((this.wanted.get(key)?.size ?? 0) > 0, `${key} is put and nobody wants it`)
      assert.equal(actionText(action), this.actionWanted(key))
    }
    for (const { key } of change.remove)
      assert.equal(this.wanted.get(key)?.size ?? 0, 0, `${key} is removed and wanted`)
    this.underWay.push(change)
  }

  answer(which: number, fates: readonly Fate[]): void {
    const [change] = this.underWay.splice(which % Math.max(1, this.underWay.length), 1)
    if (change !== undefined) this.table.settle(change, this.#land(change, fates))
  }

  #land(change: Change, fates: readonly Fate[]): Map<string, Outcome> {
    const receipt = new Map<string, Outcome>()
    const all = [
      ...change.put.map((rule) => ({ rule, put: true })),
      ...change.remove.map((rule) => ({ rule, put: false })),
    ]
    for (const [index, { rule, put }] of all.entries()) {
      const fate = fates[index % fates.length] ?? 'done'
      const made = fate === 'done' || fate === 'unknown, made'
      if (made && put) this.device.set(rule.key, rule)
      if (made && !put) this.device.delete(rule.key)
      if (fate === 'done') receipt.set(rule.key, { result: 'done', evidence: 'acknowledged' })
      else if (fate === 'rejected' || fate === 'capacity')
        receipt.set(rule.key, { result: 'failed', class: fate, words: 'no' })
    }
    return receipt
  }

  readUnsettled(): void {
    const asked = this.table.unsettled(3)
    if (asked.length > 0)
      this.table.observeSome(asked, this.#seen(asked.flatMap(({ key }) => this.device.get(key) ?? [])))
  }

  /** The runner reads a device whole only when nothing is under way. */
  readAll(): void {
    while (this.underWay.length > 0) this.answer(0, ['unknown, made'])
    const reading = this.table.observeAll(this.#seen([...this.device.values()]))
    let read = reading.next()
    while (read.done !== true) read = reading.next()
    const unwanted = read.value
    const strangers = [...this.device.keys()].filter((key) => (this.wanted.get(key)?.size ?? 0) === 0)
    assert.deepEqual([...unwanted].sort(), strangers.sort())
  }

  #seen(rules: readonly Rule[]): Observed {
    return { rules, uncertain: [], evidence: 'acknowledged', foreign: 0 }
  }

  #drift(key: string, told: boolean): void {
    const busy = this.underWay.some(({ put, remove }) => [...put, ...remove].some((rule) => rule.key === key))
    if (busy || !this.device.delete(key)) return
    if (!told) return
    this.driftedTwice.set(key, (this.driftedTwice.get(key) ?? 0) + 1)
    this.table.sighted(key, false, 'read-back')
  }

  actionWanted(key: string): string | undefined {
    const action = strictestAction([...(this.wanted.get(key) ?? [])].map(actionOf))
    return action === undefined ? undefined : actionText(action)
  }

  /** What must hold after every step. */
  check(): void {
    const there = [...this.table.entries.values()].filter(({ state }) => state !== 'no').length
    assert.equal(this.table.present, there, 'the count of what is present is exact')
    for (const [key, entry] of this.table.entries) {
      assert.deepEqual([...blocksOf(entry)].sort(), [...(this.wanted.get(key) ?? [])].sort())
      if (entry.blocks !== undefined) assert.equal(actionText(entry.rule.action), this.actionWanted(key))
    }
    for (const [key, blocks] of this.wanted)
      assert.ok(blocks.size === 0 || this.table.entries.has(key), `${key} is forgotten`)
    const putting = this.underWay.flatMap(({ put }) => put).filter(({ key }) => !this.device.has(key))
    assert.ok(this.device.size + putting.length <= Math.max(this.#room, RULES))
  }

  /** Trouble ends: everything under way is answered, everything is read, tried again and seen everywhere. */
  settleDown(): void {
    while (this.underWay.length > 0) this.answer(0, ['unknown, made'])
    for (let round = 0; round < 20; round += 1) {
      this.readAll()
      this.table.retry('all')
      for (let sent = 0; sent < 2 * RULES; sent += 1) {
        this.send()
        this.answer(0, ['done'])
      }
      for (const [key] of [...this.table.entries])
        for (const enforcer of [0, 1]) this.table.witnessed(key, enforcer, this.device.has(key))
    }
  }
}

describe('the device table', () => {
  it('keeps count through any history, and ends with exactly what is wanted', () =>
    holds(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, batch) => {
        const world = new World(1_000, batch, BOTH)
        for (const one of steps) {
          world.take(one)
          world.check()
        }
        world.settleDown()
        world.check()
        const overridden = [...world.driftedTwice].filter(([, times]) => times > 1).map(([key]) => key)
        const wanted = [...world.wanted].filter(
          ([key, blocks]) => blocks.size > 0 && !overridden.includes(key),
        )
        for (const [key] of wanted) assert.ok(world.device.has(key), `${key} is wanted and not there`)
        for (const [key, { action }] of world.device)
          assert.equal(actionText(action), world.actionWanted(key), `${key} is there as nobody wants it`)
        for (const [key, entry] of world.table.entries)
          assert.ok(entry.blocks !== undefined, `${key} is gone everywhere and still remembered`)
        assert.equal(world.table.backlog, 0)
      }),
      RUNS,
    ))

  it('never asks for more than the device may hold, and always for what is to go', () =>
    holds(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, room) => {
        const world = new World(room, 2, 0)
        // What comes from elsewhere may fill a device; here nothing does.
        const own = steps.filter((one) => one.do !== 'witness' && one.do !== 'drift')
        for (const one of own) {
          world.take(one)
          assert.ok(world.table.present <= room, `${world.table.present} entries where ${room} may be`)
          assert.ok(world.device.size <= room)
        }
        world.settleDown()
        const wanted = [...world.wanted.values()].filter((blocks) => blocks.size > 0).length
        assert.equal(world.device.size, Math.min(wanted, room), 'the room is used')
        for (const key of world.device.keys())
          assert.ok((world.wanted.get(key)?.size ?? 0) > 0, `${key} went`)
      }),
      RUNS,
    ))
})
