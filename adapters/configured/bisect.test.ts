import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { EntryRule } from '../../src/domain/rule.ts'
import { holds } from '../../test/helpers/property.ts'
import { AdapterError } from '../adapter.ts'
import { Unanswered } from '../transport/unanswered.ts'
import { bisect } from './bisect.ts'
import { listedRule } from './prefixes.ts'

const rule = (index: number): EntryRule =>
  listedRule('from', parsePrefix(`198.18.${index >> 8}.${index & 255}`))
const rules = (from: number, count: number): EntryRule[] =>
  Array.from({ length: count }, (_, index) => rule(from + index))

/** A device with room that refuses some rules, and can be locked after so many transactions. */
class Table {
  readonly held = new Set<string>()
  transactions = 0

  readonly room: number
  readonly bad: ReadonlySet<string>
  readonly lockedAfter: number

  constructor(room: number, bad: ReadonlySet<string>, lockedAfter = Number.POSITIVE_INFINITY) {
    this.room = room
    this.bad = bad
    this.lockedAfter = lockedAfter
  }

  run = async ({
    put,
    remove,
  }: {
    put: readonly EntryRule[]
    remove: readonly EntryRule[]
  }): Promise<void> => {
    if (this.transactions >= this.lockedAfter) throw new AdapterError('locked', 'somebody has it')
    if (put.some(({ key }) => this.bad.has(key))) throw new AdapterError('rejected', 'one is bad')
    if (put.length > 0 && this.held.size - remove.length + put.length > this.room)
      throw new AdapterError('capacity', 'no room')
    this.transactions += 1
    for (const { key } of remove) this.held.delete(key)
    for (const { key } of put) this.held.add(key)
  }
}

describe('what is taken or refused as a whole', () => {
  it('leaves out just what is bad, or what finds no room', async () => {
    const sizes = fc.integer({ min: 0, max: 20 })
    await holds(
      fc.asyncProperty(sizes, sizes, sizes, fc.uniqueArray(fc.nat(19)), async (old, gone, fresh, bad) => {
        const standing = rules(0, old)
        const put = rules(100, fresh)
        const table = new Table(15, new Set(bad.map((index) => rule(100 + index).key)))
        for (const { key } of standing) table.held.add(key)
        const remove = standing.slice(0, gone)
        const refusals = await bisect({ put, remove }, table.run)
        for (const { key } of remove)
          assert.ok(!table.held.has(key) && !refusals.has(key), 'removals are taken')
        for (const { key } of put) {
          assert.equal(table.held.has(key), !refusals.has(key), 'refused, or there')
          if (table.bad.has(key)) assert.ok(refusals.has(key))
          else if (refusals.has(key)) assert.equal(refusals.get(key)?.class, 'capacity')
        }
        const good = put.filter(({ key }) => !table.bad.has(key)).length
        const room = Math.max(0, 15 - (old - remove.length))
        if (old <= 15) assert.ok(table.held.size - (old - remove.length) === Math.min(good, room))
      }),
      200,
    )
  })

  it('that was locked before anything was taken has changed nothing', async () => {
    const table = new Table(10, new Set(), 0)
    await assert.rejects(bisect({ put: rules(0, 4), remove: [] }, table.run), /somebody has it/)
  })

  it('that is locked in between refuses the rest alone', async () => {
    const put = rules(0, 8)
    const table = new Table(10, new Set([rule(7).key]), 1)
    const refusals = await bisect({ put, remove: [] }, table.run)
    for (const { key } of put) assert.equal(table.held.has(key), !refusals.has(key))
    assert.equal(table.held.size, 4)
    assert.equal(refusals.get(rule(4).key)?.class, 'locked')
  })

  it('of which nobody knows anything is not tried again', async () => {
    let calls = 0
    const transact = async (): Promise<void> => {
      calls += 1
      throw new Unanswered('timeout', 'no answer')
    }
    await assert.rejects(bisect({ put: rules(0, 4), remove: [] }, transact), Unanswered)
    assert.equal(calls, 1)
  })
})
