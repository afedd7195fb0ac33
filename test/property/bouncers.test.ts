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
/** For how long a bouncer has what never ends, whenever it has asked: two renewals and the time until one is noticed. */
const LEAST = 16 * HOUR - 15 * MINUTE

/** Some of them lie in others. */
const PREFIXES = [
  ...['203.0.113.64/28', '203.0.113.64/30', '203.0.113.70', '203.0.113.71', '203.0.113.65'],
  ...['198.18.0.0/23', '198.18.0.9', '2a00:1450:4009::/124', '2a00:1450:4009::1', '2a00:1450:4009::/64'],
].map(parsePrefix)

/** What calls itself so takes ranges, or does not. */
const AGENTS = ['any-bouncer/v1', 'crowdsec-firewall-bouncer/v0.0.25'] as const

interface Block {
  readonly prefix: Prefix
  readonly began: number
  readonly until: number | null
  readonly changed: boolean
  readonly ended: boolean
}

/** Of an answer: `lost` does not arrive, and `unnoticed` does without our knowing. */
const ASKING = ['next', 'startup', 'lost', 'unnoticed'] as const
type Asking = (typeof ASKING)[number]

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
      termOf: (key) => {
        const ends = wanting(key).map(({ until }) => until ?? Number.POSITIVE_INFINITY)
        if (ends.length === 0) return undefined
        const end = Math.max(...ends)
        const began = Math.min(...wanting(key).map((block) => block.began))
        return { began, end: end === Number.POSITIVE_INFINITY ? null : end }
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
    this.#blocks.set(id, { prefix, began: this.clock.now(), until, changed: false, ended: false })
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

  /** The list is filled anew, in whatever order. */
  restart(): void {
    this.#watchers = []
    const rules = [...this.#rules].reverse()
    this.#rules.clear()
    for (const [key, rule] of rules) this.#rules.set(key, rule)
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

  async poll(which: number, how: Asking): Promise<void> {
    const bouncer = this.bouncers[which % this.bouncers.length]
    if (bouncer === undefined) return
    const { agent, model } = bouncer
    if (how === 'startup') model.forget()
    const pull = await this.#serving.pull({ key: agent, name: agent, userAgent: agent }, how === 'startup')
    if (how === 'lost') return
    model.take(pull)
    if (how !== 'unnoticed') pull.delivered()
    const now = this.clock.now()
    const wanted = this.#wanted(agent)
    const has = model.at(now)
    assert.deepEqual([...has.keys()].sort(), [...wanted.keys()].sort(), agent)
    for (const [value, until] of has) {
      assert.ok(until <= now + LONGEST_LEASE, `${value} is told for longer than a lease`)
      assert.ok(until <= (wanted.get(value) ?? 0), `${value} is told for longer than it is wanted`)
      assert.ok(until >= Math.min(wanted.get(value) ?? 0, now + LEAST), `${value} is let go too early`)
    }
  }
}

const lasts = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 90 }).map((minutes) => minutes * MINUTE), weight: 3 },
  fc.integer({ min: 2, max: 60 }).map((hours) => hours * HOUR),
  fc.constant(null),
)

/** One thing that happens to a world, as words that a counterexample can be read by. */
type Step =
  | { readonly what: 'add'; readonly prefix: Prefix; readonly lasts: number | null }
  | { readonly what: 'change'; readonly which: number; readonly lasts: number | null }
  | { readonly what: 'release'; readonly which: number }
  | { readonly what: 'pass'; readonly ms: number }
  | { readonly what: 'poll'; readonly which: number; readonly how: Asking }
  | { readonly what: 'restart' }

function take(world: World, step: Step): void | Promise<void> {
  switch (step.what) {
    case 'add':
      return world.add(step.prefix, step.lasts)
    case 'change':
      return world.change(step.which, step.lasts)
    case 'release':
      return world.change(step.which, undefined)
    case 'pass':
      return world.pass(step.ms)
    case 'poll':
      return world.poll(step.which, step.how)
    case 'restart':
      return world.restart()
  }
}

const which = fc.nat(20)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('add' as const), prefix: fc.constantFrom(...PREFIXES), lasts }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('change' as const), which, lasts }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('release' as const), which }) },
  {
    weight: 4,
    arbitrary: fc
      .oneof(
        { arbitrary: fc.integer({ min: 1, max: 120 }), weight: 3 },
        // A night, a day: what was told long ago is about to run out, or has.
        { arbitrary: fc.integer({ min: 120, max: 26 * 60 }), weight: 1 },
      )
      .map((minutes) => ({ what: 'pass' as const, ms: minutes * MINUTE })),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('poll' as const),
      which: fc.nat(1),
      how: fc.constantFrom('next', 'next', ...ASKING),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: 'restart' as const }) },
)

/** Both bouncers start, this happens, and both ask once more: what they have is looked at whenever one has asked. */
async function happens(steps: readonly Step[]): Promise<void> {
  const world = new World()
  for (const [which] of AGENTS.entries()) await world.poll(which, 'startup')
  for (const one of steps) await take(world, one)
  for (const [which] of AGENTS.entries()) await world.poll(which, 'next')
}

describe('a bouncer that follows the stream', () => {
  it('enforces what the list has, for no longer and no shorter, whatever is lost on the way', () =>
    holds(fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), happens), RUNS))

  it('has another 16 hours of what never ends from the first answer after a restart', () =>
    happens([
      { what: 'add', prefix: parsePrefix('203.0.113.64/28'), lasts: null },
      { what: 'poll', which: 0, how: 'next' },
      { what: 'poll', which: 1, how: 'next' },
      { what: 'pass', ms: 9 * HOUR },
      { what: 'restart' },
    ]))

  it('enforces without a gap what never ends, over two restarts', async () => {
    const world = new World()
    for (const prefix of PREFIXES) world.add(prefix, null)
    const askBoth = async (how: Asking) => {
      for (const [which] of AGENTS.entries()) await world.poll(which, how)
    }
    await askBoth('startup')
    for (const away of [14 * HOUR, 1 * HOUR]) {
      await world.pass(away)
      world.restart()
      await askBoth('next')
    }
    const before = world.bouncers.map(({ model }) => [...model.at(world.clock.now()).keys()])
    await world.pass(15 * HOUR)
    const after = world.bouncers.map(({ model }) => [...model.at(world.clock.now()).keys()])
    assert.deepEqual(after, before)
  })

  it('has the later end of an address that another prefix has since got, after a restart', () =>
    happens([
      { what: 'add', prefix: parsePrefix('203.0.113.64/28'), lasts: HOUR },
      { what: 'poll', which: 1, how: 'next' },
      { what: 'add', prefix: parsePrefix('203.0.113.70'), lasts: 3 * HOUR },
      { what: 'restart' },
    ]))

  it('keeps the later end of such an address when the other prefix goes before it asks', () =>
    happens([
      { what: 'add', prefix: parsePrefix('203.0.113.64/28'), lasts: HOUR },
      { what: 'poll', which: 1, how: 'next' },
      { what: 'add', prefix: parsePrefix('203.0.113.70'), lasts: 3 * HOUR },
      { what: 'restart' },
      { what: 'poll', which: 0, how: 'next' },
      { what: 'release', which: 0 },
    ]))

  it('lets go what it was told in an answer that is thought lost', () =>
    happens([
      { what: 'add', prefix: parsePrefix('203.0.113.70'), lasts: 3 * HOUR },
      { what: 'poll', which: 0, how: 'unnoticed' },
      { what: 'release', which: 0 },
    ]))

  it('goes on for days with what never ends, asking each hour', async () => {
    const world = new World()
    for (const prefix of PREFIXES) world.add(prefix, null)
    for (let hour = 0; hour < 100; hour += 1) {
      for (const [which] of AGENTS.entries()) await world.poll(which, hour === 0 ? 'startup' : 'next')
      await world.pass(HOUR)
    }
  })
})
