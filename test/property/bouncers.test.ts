import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type BouncerSide, BouncersOf } from '../../src/app/lists/bouncers.ts'
import { LONGEST_LEASE } from '../../src/app/lists/lease.ts'
import type { ListedPrefix, PulledList } from '../../src/app/lists/pulled-list.ts'
import { hostsOf } from '../../src/app/lists/spread.ts'
import { SILENT } from '../../src/domain/log.ts'
import { type Prefix, parsePrefix, prefixFamily } from '../../src/domain/prefix.ts'
import { ModelBouncer } from '../helpers/model-bouncer.ts'
import { holds } from '../helpers/property.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const RUNS = 400
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Some of them lie in others. */
const PREFIXES = [
  ...['203.0.113.64/28', '203.0.113.64/30', '203.0.113.70', '203.0.113.71', '203.0.113.65'],
  ...['198.18.0.0/23', '198.18.0.9', '2a00:1450:4009::/124', '2a00:1450:4009::1', '2a00:1450:4009::/64'],
].map(parsePrefix)

/** What calls itself so takes ranges, or does not. */
const AGENTS = ['any-bouncer/v1', 'crowdsec-firewall-bouncer/v0.0.25'] as const

interface Block {
  readonly prefix: Prefix
  readonly until: number | null
  readonly changed: boolean
  readonly ended: boolean
}

/** A list with its blocks, as the engine would keep it, and the bouncers that pull it. */
class World {
  readonly clock = new VirtualClock()
  readonly #blocks = new Map<number, Block>()
  readonly #rules = new Map<string, ListedPrefix>()
  #watchers: ((key: string) => void)[] = []
  #serving: BouncersOf
  readonly bouncers = AGENTS.map((agent) => ({
    agent,
    model: new ModelBouncer(),
    polledAt: Number.NaN,
    missed: 0,
  }))

  constructor() {
    this.#serving = this.#serve()
  }

  #serve(): BouncersOf {
    const list: PulledList = {
      rules: this.#rules,
      version: 0,
      ready: true,
      watch: (changed) => {
        this.#watchers.push(changed)
        return () => {}
      },
      say: () => {},
    }
    const wanting = (key: string) => this.#active().filter(({ prefix }) => prefix === key)
    const side: BouncerSide = {
      clock: this.clock,
      log: SILENT,
      endOf: (key) => {
        const ends = wanting(key).map(({ until }) => until ?? Number.POSITIVE_INFINITY)
        if (ends.length === 0) return undefined
        return Math.max(...ends) === Number.POSITIVE_INFINITY ? null : Math.max(...ends)
      },
      rulesOf: (id) => ({ keys: [this.#blocks.get(id)?.prefix ?? ''], known: true }),
      doubtful: async () => {
        const all = [...this.#blocks.values()].filter(
          ({ prefix, changed, ended }) => changed || ended || wanting(prefix).length > 1,
        )
        return new Set(all.map(({ prefix }) => prefix))
      },
    }
    return new BouncersOf(list, side)
  }

  #active(): Block[] {
    const now = this.clock.now()
    return [...this.#blocks.values()].filter(({ until, ended }) => !ended && (until === null || until > now))
  }

  add(prefix: Prefix, lasts: number | null): void {
    const id = this.#blocks.size + 1
    const until = lasts === null ? null : this.clock.now() + lasts
    this.#blocks.set(id, { prefix, until, changed: false, ended: false })
    this.#changed(id, prefix)
  }

  /** Another end for one of the blocks that are on; `undefined` releases it. */
  change(which: number, lasts: number | null | undefined): void {
    const on = [...this.#blocks].filter(([, block]) => this.#active().includes(block))
    const [id, block] = on[which % Math.max(1, on.length)] ?? []
    if (id === undefined || block === undefined) return
    const ended = lasts === undefined
    const until = ended ? block.until : lasts === null ? null : this.clock.now() + lasts
    this.#blocks.set(id, { ...block, until, changed: true, ended })
    this.#changed(id, block.prefix)
  }

  #changed(id: number, prefix: Prefix): void {
    this.#bringInLine(prefix)
    this.#serving.touch(id)
  }

  #bringInLine(prefix: Prefix): void {
    const wanted = this.#active().some((block) => block.prefix === prefix)
    if (wanted === this.#rules.has(prefix)) return
    if (wanted) this.#rules.set(prefix, { end: 'from', prefix, family: prefixFamily(prefix) })
    else this.#rules.delete(prefix)
    for (const changed of this.#watchers) changed(prefix)
  }

  /** Time passes, and blocks end in it. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    for (const { prefix } of this.#blocks.values()) this.#bringInLine(prefix)
  }

  restart(): void {
    this.#watchers = []
    this.#serving = this.#serve()
  }

  /** What a bouncer should enforce, and until when at the least. */
  #wanted(agent: string): ReadonlyMap<string, number> {
    const wanted = new Map<string, number>()
    for (const { prefix, until } of this.#active()) {
      const values = agent === AGENTS[0] ? [prefix] : (hostsOf(prefix) ?? [])
      for (const value of values)
        wanted.set(value, Math.max(wanted.get(value) ?? 0, until ?? Number.POSITIVE_INFINITY))
    }
    return wanted
  }

  /** @param lost the answer does not arrive */
  async poll(which: number, how: 'next' | 'startup' | 'lost'): Promise<void> {
    const bouncer = this.bouncers[which % this.bouncers.length]
    if (bouncer === undefined) return
    const { agent, model } = bouncer
    if (how === 'startup') model.forget()
    const pull = await this.#serving.pull({ key: agent, name: agent, userAgent: agent }, how === 'startup')
    if (how === 'lost') return
    model.take(pull)
    pull.delivered()
    const now = this.clock.now()
    bouncer.polledAt = now
    const wanted = this.#wanted(agent)
    const has = model.at(now)
    assert.deepEqual([...has.keys()].sort(), [...wanted.keys()].sort(), agent)
    for (const [value, until] of has) {
      assert.ok(until <= now + LONGEST_LEASE, `${value} is told for longer than a lease`)
      assert.ok(until <= (wanted.get(value) ?? 0), `${value} is told for longer than it is wanted`)
      assert.ok(until >= Math.min(wanted.get(value) ?? 0, now + 7 * HOUR), `${value} is let go too early`)
    }
  }
}

const lasts = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 90 }).map((minutes) => minutes * MINUTE), weight: 3 },
  fc.integer({ min: 2, max: 60 }).map((hours) => hours * HOUR),
  fc.constant(null),
)

type Step = (world: World) => void | Promise<void>

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...PREFIXES), lasts).map(
      ([prefix, time]): Step =>
        (world) =>
          world.add(prefix, time),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(20), fc.option(lasts, { nil: undefined })).map(
      ([which, time]): Step =>
        (world) =>
          world.change(which, time),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 120 }).map(
      (minutes): Step =>
        (world) =>
          world.pass(minutes * MINUTE),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(1), fc.constantFrom('next', 'next', 'next', 'lost', 'startup')).map(
      ([which, how]): Step =>
        (world) =>
          world.poll(which, how as 'next'),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((world) => world.restart()) },
)

describe('a bouncer that follows the stream', () => {
  it('enforces what the list has, for no longer and no shorter, whatever is lost on the way', () =>
    holds(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const world = new World()
        for (const [which] of AGENTS.entries()) await world.poll(which, 'startup')
        for (const one of steps) await one(world)
        for (const [which] of AGENTS.entries()) await world.poll(which, 'next')
      }),
      RUNS,
    ))

  it('goes on for days with what never ends, asking each hour', async () => {
    const world = new World()
    for (const prefix of PREFIXES) world.add(prefix, null)
    for (let hour = 0; hour < 100; hour += 1) {
      for (const [which] of AGENTS.entries()) await world.poll(which, hour === 0 ? 'startup' : 'next')
      await world.pass(HOUR)
    }
  })
})
