import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Observed } from '../../adapters/adapter.ts'
import { ruleOn } from '../../test/helpers/scripted-device.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { blackholeRule, DROP, type Rule } from '../domain/rule.ts'
import { DeviceTable } from './device-table.ts'

const KEY = ruleOn(1).key

function tableOf(more: { maxEntries?: number; enforcers?: () => number } = {}): DeviceTable {
  return new DeviceTable({
    ...{
      maxEntries: 100_000,
      batch: 10,
      enforcers: () => 0,
      actionOf: () => DROP,
      wasInForce: () => false,
      onEntry: () => {},
    },
    ...more,
  })
}

function read(rules: readonly Rule[], uncertain: readonly Rule[] = []): Observed {
  return { rules, uncertain, evidence: 'read-back', foreign: 0 }
}

/** Takes in a full reading; `between` runs at each pause. */
function readAll(table: DeviceTable, observed: Observed, between = (): void => {}): string[] {
  const reading = table.observeAll(observed)
  for (;;) {
    const step = reading.next()
    if (step.done === true) return step.value
    between()
  }
}

const MANY = Array.from({ length: 5_000 }, (_, index) =>
  blackholeRule('d-rtbh', parsePrefix(`10.1.${index >> 8}.${index & 255}`)),
)

describe('a device table', () => {
  it('does not forget a rule that is released while a long reading is taken in', () => {
    const table = tableOf()
    for (const [index, rule] of MANY.entries()) table.want(rule, index + 1, false)
    const last = MANY.length - 1
    const { key } = MANY[last] as Rule
    readAll(table, read(MANY), () => table.unwant(key, last + 1))
    assert.deepEqual(
      table.nextBatch()?.remove.map((rule) => rule.key),
      [key],
    )
  })

  it('reads again what was seen to change while a long reading was taken in', () => {
    const table = tableOf()
    for (const [index, rule] of MANY.entries()) table.want(rule, index + 1, false)
    const { key } = MANY.at(-1) as Rule
    readAll(table, read(MANY), () => table.sighted(key, false, 'read-back'))
    assert.deepEqual(
      table.unsettled(10).map((rule) => rule.key),
      [key],
    )
  })

  it('a reading that ends with its session does not keep later sightings away', () => {
    const table = tableOf()
    table.want(ruleOn(1), 1, true)
    readAll(table, read([ruleOn(1)]))
    table.observeAll(read(MANY)).next()
    table.loseSession('cut')
    readAll(table, read([ruleOn(1)]))
    table.sighted(KEY, false, 'read-back')
    assert.equal(table.entries.get(KEY)?.state, 'no')
  })

  it('a rule that is seen where it was thought to be absent is not forgotten with its release', () => {
    const table = tableOf()
    table.want(ruleOn(1), 1, true)
    table.sighted(KEY, true, 'read-back')
    table.unwant(KEY, 1)
    assert.equal(table.entries.get(KEY)?.state, 'maybe')
    table.observeSome(table.unsettled(10), read([ruleOn(1)]))
    assert.deepEqual(table.nextBatch()?.remove, [ruleOn(1)])
  })

  it('a rule that may be there and is refused may still be there', () => {
    const table = tableOf()
    table.want(ruleOn(1), 1, true)
    readAll(table, read([], [ruleOn(1)]))
    const change = table.nextBatch()
    assert.ok(change !== undefined)
    table.settle(change, new Map([[KEY, { result: 'failed', class: 'rejected', words: 'no' }]]))
    assert.equal(table.present, 1)
    table.unwant(KEY, 1)
    assert.deepEqual(table.nextBatch()?.remove, [ruleOn(1)])
  })

  it('a release needs no room', () => {
    const table = tableOf({ maxEntries: 1 })
    readAll(table, read([ruleOn(1), ruleOn(2), ruleOn(3)]))
    table.want(ruleOn(4), 4, true)
    const removed: string[] = []
    for (let change = table.nextBatch(); change !== undefined; change = table.nextBatch()) {
      assert.deepEqual(change.put, [])
      removed.push(...change.remove.map(({ key }) => key))
    }
    assert.deepEqual(removed.sort(), [1, 2, 3].map((host) => ruleOn(host).key).sort())
    assert.equal(table.entries.get(ruleOn(4).key)?.error?.class, 'capacity')
  })

  it('two blocks on one rule: the first release leaves it (the trap of ExaFS)', () => {
    const table = tableOf()
    table.want(ruleOn(1), 1, true)
    table.want(ruleOn(1), 2, true)
    readAll(table, read([ruleOn(1)]))
    table.unwant(KEY, 1)
    assert.equal(table.nextBatch(), undefined)
    table.unwant(KEY, 2)
    assert.deepEqual(table.nextBatch()?.remove, [ruleOn(1)])
  })

  it('wanting twice and releasing what was never wanted do no harm', () => {
    const table = tableOf()
    table.unwant(KEY, 1)
    table.want(ruleOn(1), 1, true)
    table.want(ruleOn(1), 1, true)
    table.unwant(KEY, 9)
    assert.equal(table.nextBatch()?.put.length, 1)
    table.unwant(KEY, 1)
    assert.equal(table.entries.get(KEY)?.blocks, undefined)
  })

  it('one router fewer that has seen a rule does not make less of the device reading it back', () => {
    const table = tableOf({ enforcers: () => 3 })
    table.want(ruleOn(1), 1, true)
    readAll(table, read([ruleOn(1)]))
    table.witnessed(KEY, 0, true)
    assert.equal(table.entries.get(KEY)?.evidence, 'read-back')
  })
})
