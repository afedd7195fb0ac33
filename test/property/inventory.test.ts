import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { aggregatePrefixes, type Prefix, parsePrefix, subtractPrefixes } from '../../src/domain/prefix.ts'
import { inventoryDigest } from '../../src/inventory/canonical.ts'
import { compareInventories, isSame } from '../../src/inventory/compare.ts'
import { csvRows } from '../../src/inventory/csv.ts'
import type { InventoryLists } from '../../src/inventory/inventory.ts'
import { type KnownHost, KnownHosts } from '../../src/inventory/known-hosts.ts'
import { LineProblems } from '../../src/inventory/line-problems.ts'
import { arbitraryPrefix } from '../contract/arbitraries.ts'
import { arbitrarySite } from '../helpers/inventory.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 100
const anyPrefix = fc.constantFrom<4 | 6>(4, 6).chain(arbitraryPrefix)

const arbitraryHost: fc.Arbitrary<KnownHost> = fc
  .record({
    name: fc.constantFrom('a.example.org', 'b.example.org', 'c.example.org'),
    address: fc
      .constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.200', '198.51.100.1', '2001:db8::1')
      .map(parsePrefix),
    department: fc.constantFrom(undefined, 'physics', 'history'),
  })
  .map(({ department, ...host }) => ({ ...host, ...(department === undefined ? {} : { department }) }))

const arbitraryLists: fc.Arbitrary<InventoryLists> = fc
  .record({
    site: arbitrarySite(),
    hosts: fc.array(arbitraryHost, { maxLength: 6 }),
    consent: fc.uniqueArray(
      fc.record({ prefix: anyPrefix, upstream: fc.constantFrom('never' as const, 'ask' as const) }),
      { maxLength: 2, selector: ({ prefix }) => prefix },
    ),
    contacts: fc.subarray([{ name: 'noc', mail: 'noc@example.org' }]),
    parent: fc.boolean(),
  })
  .map(({ site: { lists }, hosts, consent, contacts, parent }) => ({
    ...lists,
    hosts,
    consent,
    contacts,
    departments: lists.departments.map((department, index) =>
      parent && index > 0 ? { ...department, parent: 'physics' } : department,
    ),
  }))

const turned = (lists: InventoryLists): InventoryLists =>
  Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, [...(list as readonly unknown[])].reverse()]),
  ) as unknown as InventoryLists

describe('comparing inventories', () => {
  it('finds nothing between one and itself, in any order', () =>
    holds(
      fc.property(arbitraryLists, (lists) => {
        assert.deepEqual(compareInventories(lists, turned(lists)).changes, [])
        assert.ok(isSame(compareInventories(lists, lists)))
        assert.equal(inventoryDigest(turned(lists)), inventoryDigest(lists))
      }),
      RUNS,
    ))

  it('finds something exactly where the digests differ', () =>
    holds(
      fc.property(arbitraryLists, arbitraryLists, fc.boolean(), (a, other, part) => {
        const b = part ? { ...a, departments: other.departments, protected: other.protected } : other
        assert.equal(isSame(compareInventories(a, b)), inventoryDigest(a) === inventoryDigest(b))
      }),
      RUNS,
    ))

  it('what was lost and gained turns one into the other', () =>
    holds(
      fc.property(arbitraryLists, arbitraryLists, (a, b) => {
        const { changes } = compareInventories(a, b)
        const applied = (kind: string, name: string, before: readonly Prefix[]): Prefix[] => {
          const change = changes.find((one) => one.kind === kind && one.name === name)
          const kept = before.flatMap((prefix) => subtractPrefixes(prefix, change?.lost ?? []))
          return aggregatePrefixes([...kept, ...(change?.gained ?? [])])
        }
        assert.deepEqual(applied('own', 'own', a.own), aggregatePrefixes(b.own))
        for (const kind of ['department', 'connection'] as const) {
          const [old, fresh] =
            kind === 'department' ? [a.departments, b.departments] : [a.connections, b.connections]
          for (const { name } of [...old, ...fresh]) {
            const before = old.find((one) => one.name === name)?.prefixes ?? []
            const after = fresh.find((one) => one.name === name)?.prefixes ?? []
            assert.deepEqual(applied(kind, name, before), aggregatePrefixes(after))
          }
        }
      }),
      RUNS,
    ))

  it('turned round, what was gained is lost', () =>
    holds(
      fc.property(arbitraryLists, arbitraryLists, (a, b) => {
        const there = compareInventories(a, b)
        const back = compareInventories(b, a)
        const opposite = { added: 'removed', removed: 'added', changed: 'changed' } as const
        assert.deepEqual(
          back.changes,
          there.changes.map((change) => ({
            ...change,
            what: opposite[change.what],
            gained: change.lost,
            lost: change.gained,
          })),
        )
        assert.deepEqual([back.hosts.added, back.hosts.removed], [there.hosts.removed, there.hosts.added])
      }),
      RUNS,
    ))
})

describe('known hosts against a plain list', () => {
  it('counts and shows those inside a prefix', () =>
    holds(
      fc.property(
        fc.array(arbitraryHost, { maxLength: 12 }),
        fc
          .constantFrom('192.0.2.0/24', '192.0.2.0/30', '192.0.2.2', '0.0.0.0/0', '2001:db8::/64', '::/0')
          .map(parsePrefix),
        fc.nat({ max: 4 }),
        (hosts, prefix, most) => {
          const known = new KnownHosts(hosts)
          const inside = new Set(
            hosts.map(({ address }) => address).filter((one) => subtractPrefixes(one, [prefix]).length === 0),
          )
          const found = known.within(prefix, most)
          assert.equal(found.count, inside.size)
          assert.equal(new Set(found.hosts.map(({ address }) => address)).size, Math.min(most, inside.size))
          for (const { name, address } of hosts) {
            assert.ok(known.addressesOf(`${name.toUpperCase()}.`).includes(address))
            assert.ok(known.namesOf(address).includes(name))
          }
        },
      ),
      RUNS,
    ))
})

describe('comma-separated values', () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'é'), maxLength: 5 })
  const written = (value: string): string => `"${value.replaceAll('"', '""')}"`

  it('read what was written by RFC 4180, with the line of each record', () =>
    holds(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        (records, end) => {
          const lines = records.map((fields) => fields.map(written).join(',') + end)
          const problems = new LineProblems()
          const read = [...csvRows(lines.join(''), problems)]
          assert.deepEqual(
            read.map(({ fields }) => fields),
            records,
          )
          assert.equal(problems.count, 0)
          assert.deepEqual(
            read.map(({ line }) => line),
            lines.map((_, index) => lines.slice(0, index).join('').split('\n').length),
          )
        },
      ),
      RUNS,
    ))

  it('a quote that is never closed takes no other line with it', () =>
    holds(
      fc.property(fc.nat({ max: 5 }), (at) => {
        const lines = Array.from({ length: 6 }, (_, index) => (index === at ? 'x,"open' : `a,"${index}"`))
        const problems = new LineProblems()
        const read = [...csvRows(lines.join('\n'), problems)]
        assert.deepEqual(
          read.map(({ line }) => line),
          [1, 2, 3, 4, 5, 6].filter((line) => line !== at + 1),
        )
        assert.deepEqual(
          problems.list.map(({ line }) => line),
          [at + 1],
        )
      }),
      20,
    ))
})
