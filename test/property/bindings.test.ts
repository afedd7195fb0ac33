import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { type Binding, bindingOf } from '../../src/inventory/binding.ts'
import { bindingsFrom, bindingsSince, bindingsWith } from '../../src/inventory/bindings.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 300
const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.2',
  '0.0.0.1',
  '255.255.255.255',
  '2001:db8::1',
  '::1',
  'ffff::ffff',
].map(parsePrefix)
const MACS = ['02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00']
const USERS = ['jane@example.org', 'joe']

const arbitraryBinding: fc.Arbitrary<Binding> = fc
  .record({
    address: fc.constantFrom(...ADDRESSES),
    mac: fc.option(fc.constantFrom(...MACS), { nil: undefined }),
    user: fc.option(fc.constantFrom(...USERS), { nil: undefined }),
    port: fc.constantFrom('sw1 1', 'sw1 2'),
    ports: fc.option(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
      nil: undefined,
    }),
    from: fc.integer({ min: 0, max: 30 }),
    length: fc.option(fc.integer({ min: 1, max: 20 })),
    source: fc.constantFrom('dhcp', 'radius'),
  })
  .map(({ ports, length, ...rest }) =>
    bindingOf({
      ...rest,
      fromPort: ports && Math.min(...ports),
      toPort: ports && Math.max(...ports),
      until: length === null ? null : rest.from + length,
    }),
  )

const text = (binding: Binding): string =>
  JSON.stringify(Object.entries(binding).sort(([a], [b]) => (a < b ? -1 : 1)))
const sorted = (bindings: readonly Binding[]): string[] => bindings.map(text).sort()
const distinct = (bindings: readonly Binding[]): string[] => [...new Set(bindings.map(text))].sort()

describe('bindings against a plain list', () => {
  const anyList = fc.array(arbitraryBinding, { maxLength: 40 })
  const question = fc.record({
    address: fc.constantFrom(...ADDRESSES),
    time: fc.integer({ min: -5, max: 60 }),
    error: fc.integer({ min: 0, max: 6 }),
    port: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
  })

  it('finds exactly what can be meant at a time', () =>
    holds(
      fc.property(anyList, question, (list, { address, time, error, port }) => {
        const meant = list.filter(
          (one) =>
            one.address === address &&
            one.from <= time + error &&
            (one.until === null || one.until > time - error) &&
            (port === undefined ||
              one.fromPort === undefined ||
              (one.fromPort <= port && port <= (one.toPort ?? -1))),
        )
        assert.deepEqual(sorted(bindingsFrom(list).at(address, time, error, port)), distinct(meant))
      }),
      RUNS,
    ))

  it('finds all of a device and of a user, in the order of time', () =>
    holds(
      fc.property(anyList, fc.constantFrom(...MACS), fc.constantFrom(...USERS), (list, mac, user) => {
        const index = bindingsFrom(list)
        assert.deepEqual(sorted(index.ofMac(mac)), distinct(list.filter((one) => one.mac === mac)))
        assert.deepEqual(sorted(index.ofUser(user)), distinct(list.filter((one) => one.user === user)))
        const times = index.ofMac(mac).map(({ from }) => from)
        assert.deepEqual(
          times,
          [...times].sort((a, b) => a - b),
        )
      }),
      RUNS,
    ))

  it('is the same for any order, for lines that come twice, and built at once or bit by bit', () =>
    holds(
      fc.property(anyList, anyList, question, (first, second, { address, time, error, port }) => {
        const all = bindingsFrom([...first, ...second])
        const others = [
          bindingsFrom([...second, ...first, ...first].reverse()),
          bindingsWith(bindingsFrom(first), second),
          bindingsWith(bindingsFrom(second), bindingsFrom(first).rows),
        ]
        for (const other of others) {
          assert.equal(other.size, all.size)
          assert.deepEqual(other.at(address, time, error, port), all.at(address, time, error, port))
          for (const user of USERS) assert.deepEqual(other.ofUser(user), all.ofUser(user))
          for (const mac of MACS) assert.deepEqual(other.ofMac(mac), all.ofMac(mac))
        }
      }),
      RUNS,
    ))

  it('an index stays what it was when another is made of it', () =>
    holds(
      fc.property(anyList, anyList, (first, second) => {
        const index = bindingsFrom(first)
        bindingsWith(index, second)
        assert.deepEqual(sorted([...index.rows]), distinct(first))
      }),
      RUNS,
    ))

  it('forgets what ended, and nothing else', () =>
    holds(
      fc.property(anyList, fc.integer({ min: 0, max: 60 }), (list, time) => {
        const kept = list.filter(({ until }) => until === null || until > time)
        assert.deepEqual(sorted([...bindingsSince(bindingsFrom(list), time).rows]), distinct(kept))
      }),
      RUNS,
    ))

  it('says of each who had an address then where they are now', () =>
    holds(
      fc.property(
        anyList,
        question,
        fc.integer({ min: 0, max: 60 }),
        (list, { address, time, error }, now) => {
          const index = bindingsFrom(list)
          const family = (one: string): boolean => one.includes(':')
          for (const { holder, state, addresses } of index.moved(address, time, now, error)) {
            const held = list.filter((one) => one[holder.by] === holder.name)
            const there = held
              .filter(({ from, until }) => from <= now && (until === null || until > now))
              .map((one) => one.address)
              .filter((one) => family(one) === family(address))
            assert.deepEqual([...addresses].sort(), [...new Set(there)].sort())
            assert.equal(state, there.includes(address) ? 'same' : there.length > 0 ? 'moved' : 'gone')
            assert.ok(held.some((one) => one.address === address))
          }
        },
      ),
      RUNS,
    ))
})
