import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { type Binding, bindingOf } from '../../src/inventory/binding.ts'
import { bindingBytes, bindingsOfBytes } from '../../src/inventory/binding-bytes.ts'
import { settledBindings } from '../../src/inventory/binding-spells.ts'
import { type Bindings, bindingsFrom, bindingsWith, holdersOf } from '../../src/inventory/bindings.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 400
const SECOND = 1_000
const ADDRESSES = ['10.0.0.1', '2001:db8::1'].map(parsePrefix)
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02']

const arbitraryBinding: fc.Arbitrary<Binding> = fc
  .record({
    address: fc.constantFrom(...ADDRESSES),
    mac: fc.constantFrom(...MACS),
    session: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
    from: fc.integer({ min: 0, max: 40 }).map((at) => at * SECOND),
    length: fc.option(fc.integer({ min: 1, max: 20 }).map((at) => at * SECOND)),
    source: fc.constantFrom('dhcp', 'radius'),
  })
  .map(({ length, ...rest }) => bindingOf({ ...rest, until: length === null ? null : rest.from + length }))

const anyList = fc.array(arbitraryBinding, { maxLength: 30 })
const whole = (bindings: Bindings): string[] => [...bindings.rows].map((one) => JSON.stringify(one)).sort()
const settled = (list: readonly Binding[]): Bindings => settledBindings(bindingsFrom(list))
const holders = (bindings: Bindings, at: number): string[] =>
  ADDRESSES.flatMap((address) =>
    holdersOf(bindings.at(address, at, 0)).map(({ name }) => `${address} ${name}`),
  ).sort()

describe('bindings that feeds tell again and again', () => {
  it('come to the same in whatever order and in however many feeds they come', () =>
    holds(
      fc.property(anyList, anyList, anyList, (a, b, c) => {
        const all = whole(settled([...a, ...b, ...c]))
        const inParts = settledBindings(
          bindingsWith(settledBindings(bindingsWith(settled(c), a)), [...b, ...a]),
        )
        assert.deepEqual(whole(inParts), all)
      }),
      RUNS,
    ))

  it('say the same of what has ended, in rows of which none of one holder and session overlap', () =>
    holds(
      fc.property(anyList, fc.integer({ min: 0, max: 70 }), (list, second) => {
        const ended = list.filter(({ until }) => until !== null)
        const time = second * SECOND
        const index = settled(ended)
        assert.deepEqual(holders(index, time), holders(bindingsFrom(ended), time))
        const rows = [...index.rows].map(({ from, until, ...who }) => ({
          from,
          until,
          who: JSON.stringify(who),
        }))
        for (const one of rows)
          for (const other of rows)
            if (one !== other && one.who === other.who)
              assert.ok(one.from > (other.until ?? 0) || other.from > (one.until ?? 0))
      }),
      RUNS,
    ))

  it('never make a holder of anybody who was told of nowhere, nor lose one whose end nobody told', () =>
    holds(
      fc.property(anyList, fc.integer({ min: 0, max: 70 }), (list, second) => {
        const time = second * SECOND
        const [before, after] = [bindingsFrom(list), settled(list)].map((index) => holders(index, time))
        for (const one of after ?? []) assert.ok(before?.includes(one), one)
        const finite = list.filter(({ until }) => until !== null)
        for (const { address, mac, from, until } of list) {
          const told = finite.some((one) => one.address === address && one.mac === mac)
          if (until === null && !told && from <= time) assert.ok(after?.includes(`${address} ${mac}`))
        }
      }),
      RUNS,
    ))

  it('are read back from bytes as they were, and no byte can be changed unseen', () =>
    holds(
      fc.property(anyList, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, at, by) => {
        const { rows } = bindingsFrom(list)
        const bytes = bindingBytes(rows)
        assert.deepEqual([...bindingsOfBytes(bytes)], [...rows])
        const damaged = Uint8Array.from(bytes)
        damaged[at % bytes.length] = (damaged[at % bytes.length] ?? 0) ^ by
        assert.throws(() => bindingsOfBytes(damaged), /holds no bindings|was changed/)
        assert.throws(
          () => bindingsOfBytes(bytes.subarray(0, at % bytes.length)),
          /holds no bindings|was changed/,
        )
      }),
      RUNS,
    ))
})

describe('what a feed says of a session later', () => {
  const start = { address: ADDRESSES[0] ?? '', mac: MACS[0], source: 'radius', session: 7 } as const
  const binding = (from: number, until: number | null): Binding =>
    bindingOf({
      ...start,
      address: parsePrefix('10.0.0.1'),
      from: from * SECOND,
      until: until && until * SECOND,
    })
  const spells = (...list: Binding[]): [number, number | null][] =>
    [...settled(list).rows].map(({ from, until }) => [from / SECOND, until && until / SECOND])

  it('ends what still held, also where its beginning is a second off or was told in between', () => {
    assert.deepEqual(spells(binding(100, null), binding(101, 900)), [[101, 900]])
    assert.deepEqual(spells(binding(400, null), binding(700, null), binding(100, 900)), [[100, 900]])
  })

  it('does not end what began after that end', () =>
    assert.deepEqual(spells(binding(1_000, null), binding(100, 900)), [
      [100, 900],
      [1_000, null],
    ]))
})
