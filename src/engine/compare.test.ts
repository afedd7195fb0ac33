import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ruleOn } from '../../test/helpers/scripted-device.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { blackholeRule, DROP } from '../domain/rule.ts'
import { compareReading, compareSights } from './compare.ts'
import { DeviceTable } from './device-table.ts'

function run<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function tableOf(...hosts: readonly number[]): DeviceTable {
  const table = new DeviceTable({
    maxEntries: 10_000,
    batch: 10_000,
    enforcers: () => 0b11,
    actionOf: () => DROP,
    wasInForce: () => false,
    onEntry: () => {},
  })
  for (const host of hosts) table.want(ruleOn(host), host, true)
  const change = table.nextBatch()
  if (change !== undefined)
    table.settle(
      change,
      new Map(change.put.map(({ key }) => [key, { result: 'done', evidence: 'acknowledged' }])),
    )
  return table
}

const observed = { evidence: 'acknowledged', foreign: 0 } as const

it('a rule that the device cannot tell of is uncertain, wanted or not', () => {
  const table = tableOf(1)
  const { findings } = run(
    compareReading({ ...observed, rules: [], uncertain: [ruleOn(1), ruleOn(2)] }, table.entries),
  )
  assert.deepEqual(
    findings.map(({ what, rule, blocks }) => [what, rule, blocks]),
    [
      ['uncertain', ruleOn(1).key, [1]],
      ['uncertain', ruleOn(2).key, []],
    ],
  )
})

it('what a witness was not seen to have, and what it still has, is told per router', () => {
  const table = tableOf(1, 2, 3)
  table.witnessed(ruleOn(1).key, 0, true)
  table.witnessed(ruleOn(2).key, 0, true)
  table.witnessed(ruleOn(1).key, 1, true)
  table.unwant(ruleOn(3).key, 3)
  const change = table.nextBatch()
  assert.ok(change)
  table.settle(change, new Map([[ruleOn(3).key, { result: 'done', evidence: 'acknowledged' }]]))
  table.witnessed(ruleOn(3).key, 1, false)
  const enforcers = [
    { name: 'r1', bit: 0, trouble: undefined, lateness: { late: undefined, alarm: undefined } },
    { name: 'r2', bit: 1, trouble: 'no socket', lateness: { late: undefined, alarm: undefined } },
  ]
  const sights = run(compareSights({ enforcers, enforcersOf: () => enforcers }, table.entries))
  assert.deepEqual(sights, [
    { name: 'r1', trouble: undefined, expected: 2, seen: 2, unseen: [], lingering: [ruleOn(3).key] },
    { name: 'r2', trouble: 'no socket', expected: 2, seen: 1, unseen: [ruleOn(2).key], lingering: [] },
  ])
})

it('comes in steps, so that nothing waits for a large table', () => {
  const table = tableOf()
  for (let host = 0; host < 5_000; host += 1) {
    const prefix = parsePrefix(`10.0.${host >> 8}.${host & 255}`)
    table.want(blackholeRule('d-rtbh', prefix), host, false)
  }
  const steps = compareReading({ ...observed, rules: [], uncertain: [] }, table.entries)
  let turns = 0
  for (let step = steps.next(); step.done !== true; step = steps.next()) turns += 1
  assert.ok(turns >= 2)
})
