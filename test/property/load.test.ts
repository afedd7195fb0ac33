import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { followLoad } from '../../src/app/load.ts'
import type { Block } from '../../src/domain/block.ts'
import { type Prefix, parsePrefix } from '../../src/domain/prefix.ts'
import type { Load } from '../../src/guards/load.ts'
import type { Department, Inventory } from '../../src/inventory/inventory.ts'
import type { LedgerEvent } from '../../src/ledger/events.ts'
import { ownerOf, type State } from '../../src/ledger/state.ts'
import {
  approved,
  covers,
  created,
  growing,
  inForce,
  proposed,
  released,
  tokenCreated,
} from '../helpers/events.ts'
import { prefixes, siteOf } from '../helpers/inventory.ts'
import { memoryFiles } from '../helpers/memory-files.ts'
import { holds } from '../helpers/property.ts'
import { openLedger, put } from '../helpers/test-ledger.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

/** `lab` lies in physics, which lies in the faculty; the institute is a part of the faculty and lies elsewhere. */
const BEFORE: readonly Department[] = [
  { name: 'faculty', prefixes: prefixes('198.18.0.0/23', '198.18.4.0/28'), users: 100 },
  { name: 'physics', prefixes: prefixes('198.18.0.0/24'), users: 10, parent: 'faculty' },
  { name: 'lab', prefixes: prefixes('198.18.0.0/29', '198.18.0.64/27'), users: 2, parent: 'physics' },
  { name: 'institute', prefixes: prefixes('198.18.9.0/25'), users: 5, parent: 'faculty' },
]
const AFTER: readonly Department[] = [
  { name: 'faculty', prefixes: prefixes('198.18.0.0/23'), users: 100 },
  { name: 'physics', prefixes: prefixes('198.18.1.0/24', '198.18.9.0/26'), users: 10 },
  { name: 'lab', prefixes: prefixes('198.18.0.0/28'), users: 2, parent: 'physics' },
]

const TARGETS = prefixes(
  ...['198.18.0.1', '198.18.0.1', '198.18.0.2', '198.18.0.9', '198.18.1.7', '198.18.4.1', '198.18.9.3'],
  ...['198.18.0.0/28', '198.18.0.64/26', '198.18.0.0/22', '198.18.8.0/23', '203.0.113.7', '2001:db8::7'],
)
const OWNERS = ['t0', 't1', 't2', 'p1']
const TOKENS = ['t0', 't1', 't2', 't3']

type Make = (head: Readonly<State>) => LedgerEvent[]

const id = fc.nat(20)
const target = fc.constantFrom(...TARGETS)
/** Tokens 1 and 3 are of one person; 0 and 2 are machines'. */
const token = fc.constantFrom(...TOKENS)

const events: fc.Arbitrary<Make> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(target, token).map(([prefix, of]) => (head: Readonly<State>) => [
      on(head, 0, prefix, of),
    ]),
  },
  fc.tuple(fc.array(target, { maxLength: 4 }), token).map(
    ([some, of]) =>
      (head: Readonly<State>) =>
        some.map((prefix, index) => on(head, index, prefix, of)),
  ),
  fc.constant<Make>((head) => [proposed(head.nextBlock)]),
  fc.tuple(id, fc.boolean()).map(
    ([block, begins]): Make =>
      () => [approved(block, begins)],
  ),
  id.map(
    (block): Make =>
      () => [released(block)],
  ),
  id.map(
    (block): Make =>
      () => [{ type: 'block.expired', block }],
  ),
  id.map(
    (block): Make =>
      () => [{ type: 'block.declined', block, by: 't1' }],
  ),
  id.map(
    (block): Make =>
      () => [{ type: 'block.amended', block, by: 't1', until: 9 }],
  ),
  fc.tuple(id, fc.nat(2)).map(
    ([block, host]): Make =>
      () => [covers(block, host)],
  ),
  id.map(
    (block): Make =>
      () => [growing(block)],
  ),
  id.map(
    (block): Make =>
      () => [inForce('r1', [block])],
  ),
  fc.uniqueArray(id, { maxLength: 5 }).map(
    (blocks): Make =>
      () => [{ type: 'automation.panicked', blocks, by: 't1' }],
  ),
)

function on(head: Readonly<State>, index: number, prefix: Prefix, of: string): LedgerEvent {
  const kind = of === 't0' || of === 't2' ? 'automatic' : 'person'
  const over = { target: { kind: 'host', prefix }, origin: { kind, token: of } } as const
  return created(head.nextBlock + index, over)
}

/** Addresses of the IPv4 space of this test, as numbers. */
function addressesOf(prefix: Prefix): number[] {
  const [address = '', length = ''] = prefix.split('/')
  if (address.includes(':')) return []
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return Array.from({ length: 2 ** (32 - Number(length)) }, (_, index) => start + index)
}

/** Every address of a department and of its parts, by walking the lists. */
function spaceOf(departments: readonly Department[], name: string): Set<number> {
  const parts = departments
    .filter((one) => one.parent === name)
    .flatMap((one) => [...spaceOf(departments, one.name)])
  const own = departments.find((one) => one.name === name)?.prefixes.flatMap(addressesOf) ?? []
  return new Set([...own, ...parts])
}

function coveredBy({ target: what, expansion }: Block): readonly Prefix[] {
  return expansion ?? (what.kind === 'host' ? [what.prefix] : [])
}

/** By other means than the index: all blocks, and all addresses, one after the other. */
function naive(head: Readonly<State>, departments: readonly Department[]) {
  const blocks = [...head.blocks.values()].filter(({ wanted }) => wanted === 'on')
  const automatic = blocks.filter(({ origin }) => origin.kind === 'automatic')
  const of = (owner: string) => blocks.filter(({ origin }) => ownerOf(head, origin.token) === owner)
  const spaces = departments.map(({ name }) => ({ name, space: spaceOf(departments, name) }))
  const hits = (block: Block, space: Set<number>) =>
    coveredBy(block).some((prefix) => addressesOf(prefix).some((address) => space.has(address)))
  const off = (owner: string, space: Set<number>) =>
    [
      ...new Set(
        of(owner)
          .filter(({ agreed }) => agreed === undefined)
          .flatMap(coveredBy),
      ),
    ].reduce((sum, prefix) => sum + addressesOf(prefix).filter((address) => space.has(address)).length, 0)
  return {
    active: OWNERS.map((owner) => of(owner).length),
    automatic: automatic.length,
    automaticIn: spaces.map(({ space }) => automatic.filter((block) => hits(block, space)).length),
    automaticHostsIn: spaces.map(({ space }) =>
      automatic.reduce((sum, block) => {
        const hosts = coveredBy(block)
          .flatMap(addressesOf)
          .filter((address) => space.has(address)).length
        return sum + (block.agreed === undefined ? hosts : Math.min(1, hosts))
      }, 0),
    ),
    off: OWNERS.map((owner) => spaces.map(({ space }) => off(owner, space))),
    departments: OWNERS.map((owner) =>
      spaces
        .filter(({ space }) => off(owner, space) > 0)
        .map(({ name }) => name)
        .sort(),
    ),
  }
}

function indexed(load: Load, departments: readonly Department[]): ReturnType<typeof naive> {
  return {
    active: OWNERS.map((owner) => load.active(owner)),
    automatic: load.automatic,
    automaticIn: departments.map(({ name }) => load.automaticIn(name)),
    automaticHostsIn: departments.map(({ name }) => load.automaticHostsIn(name)),
    off: OWNERS.map((owner) => departments.map(({ name }) => load.hostsOff(owner, name))),
    departments: OWNERS.map((owner) => load.departmentsOf(owner)),
  }
}

async function tokens() {
  const ledger = await openLedger({ files: memoryFiles() })
  const machine = (name: string): LedgerEvent => {
    const { person: _, ...rest } = tokenCreated(name) as Extract<LedgerEvent, { type: 'token.created' }>
    return { ...rest, origin: 'automatic' }
  }
  await put(ledger, [machine('t0'), tokenCreated('t1'), machine('t2'), tokenCreated('t3')])
  return ledger
}

const clock = new VirtualClock()

const site = (departments: readonly Department[]): Inventory => siteOf({ departments })

describe('what is on, counted as the head moves', () => {
  it('is what counting all blocks comes to, whatever happens and whatever the inventory says', async () => {
    const steps = fc.array(fc.oneof({ weight: 8, arbitrary: events }, fc.constantFrom('adopt' as const)), {
      maxLength: 40,
    })
    const property = fc.asyncProperty(steps, async (list) => {
      const ledger = await tokens()
      const index = followLoad(ledger, site(BEFORE), clock)
      let departments = BEFORE
      for (const step of list) {
        if (step === 'adopt') {
          departments = departments === BEFORE ? AFTER : BEFORE
          index.adopt(site(departments))
        } else await put(ledger, step(ledger.head))
        assert.deepEqual(indexed(index.now, departments), naive(ledger.head, departments))
      }
      assert.deepEqual(
        indexed(followLoad(ledger, site(departments), clock).now, departments),
        naive(ledger.head, departments),
      )
      await ledger.close()
    })
    await holds(property, 200)
  })

  it('comes to the same when it is made anew in steps while blocks begin and end', async () => {
    const some = fc.array(events, { maxLength: 15 })
    const property = fc.asyncProperty(some, some, some, async (before, between, after) => {
      const ledger = await tokens()
      const own = new VirtualClock()
      const index = followLoad(ledger, site(BEFORE), own, 2)
      const run = async (makes: readonly Make[]) => {
        for (const make of makes) {
          await put(ledger, make(ledger.head))
          await own.advance(1)
        }
      }
      await run(before)
      index.adopt(site(BEFORE))
      await run(between.slice(0, 2))
      // Another comes before the first is through.
      index.adopt(site(AFTER))
      await run(between)
      await own.advance(1_000)
      assert.deepEqual(indexed(index.now, AFTER), naive(ledger.head, AFTER))
      await run(after)
      assert.deepEqual(indexed(index.now, AFTER), naive(ledger.head, AFTER))
      await ledger.close()
    })
    await holds(property, 100)
  })

  it('foresees what recording would come to, and leaves the count alone', async () => {
    const asked = fc.array(fc.tuple(target, token), { maxLength: 12 })
    const property = fc.asyncProperty(asked, asked, async (before, more) => {
      const ledger = await tokens()
      const index = followLoad(ledger, site(BEFORE), clock)
      const record = async (some: readonly (readonly [Prefix, string])[]) => {
        for (const [prefix, of] of some) await put(ledger, [on(ledger.head, 0, prefix, of)])
      }
      await record(before)
      const ahead = index.now.ahead()
      for (const [prefix, of] of more) {
        const block = on(ledger.head, 0, prefix, of) as Extract<LedgerEvent, { type: 'block.created' }>
        const owner = ownerOf(ledger.head, of)
        const off = (name: string) => ahead.hostsOff(owner, name)
        const would = [...ahead.adds(owner, { target: { kind: 'host', prefix } })].map(
          ([name, hosts]) => [name, off(name) + hosts] as const,
        )
        ahead.add(owner, block)
        for (const [name, hosts] of would) assert.equal(off(name), hosts)
      }
      assert.deepEqual(indexed(index.now, BEFORE), naive(ledger.head, BEFORE))
      const foreseen = indexed(ahead, BEFORE)
      await record(more)
      assert.deepEqual(foreseen, indexed(index.now, BEFORE))
      await ledger.close()
    })
    await holds(property, 200)
  })

  it('counts no more than a number can say exactly, and comes back to nothing', async () => {
    const ledger = await tokens()
    const wide = [{ name: 'all', prefixes: prefixes('2001:db8::/32'), users: 9 }]
    const index = followLoad(ledger, site(wide), clock)
    const blocks = ['2001:db8::/48', '2001:db8::7', '2001:db8:1::/64'].map(parsePrefix)
    for (const prefix of blocks) await put(ledger, [on(ledger.head, 0, prefix, 't1')])
    assert.equal(index.now.hostsOff('p1', 'all'), 2 * 2 ** 32 + 1)
    for (const number of [1, 3]) await put(ledger, [released(number)])
    assert.equal(index.now.hostsOff('p1', 'all'), 1)
    await put(ledger, [released(2)])
    assert.deepEqual([index.now.hostsOff('p1', 'all'), index.now.departmentsOf('p1')], [0, []])
    await ledger.close()
  })
})
