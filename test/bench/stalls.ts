import { setTimeout as pause } from 'node:timers/promises'
import type { Figure } from './figures.ts'
import type { Load } from './load.ts'
import type { Site } from './site.ts'
import { largest } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

interface Stage {
  readonly bench: Bench
  readonly blocks: number
  readonly load: Load
  readonly site: Site
}

/** What the probe says of a while. */
export interface Stalls {
  readonly max: number
  readonly monitored: number
  readonly over10: readonly number[]
  /** The longest collection of garbage. */
  readonly collected: number
}

/** What the controller is busy with meanwhile, by name. */
type Phases = ReadonlyMap<string, Stalls>

/** Seconds until the short blocks end, while other commands go on. */
const SHORT = 8

/** Hosts that a round may take: no host is blocked twice, since two blocks of one host share their rules. */
const HOSTS_OF_ROUND = 1_000_000

/**
 * How long the event loop stood still at the longest while the controller held all blocks and was busy with
 * commands, a batch, reading, ends of many blocks at one moment, and checkpoints.
 * @returns also how many blocks are left on the devices
 */
export async function measureStalls(stage: Stage): Promise<{ figure: Figure; left: number }> {
  const { bench, blocks, load, site } = stage
  const subject = await Subject.start(bench.program, site, { probe: true })
  try {
    bench.say(`stalls at ${blocks} blocks, ${REPETITIONS} times`)
    await subject.fill(load, blocks, 'outside')
    const runs: Phases[] = []
    const noise = new Noise()
    let left = blocks
    for (let count = 0; count < REPETITIONS; count += 1) {
      const work = new Work(subject, stage, left, HOSTS_OF_ROUND * (count + 1))
      runs.push(await work.run())
      left += work.added
    }
    return { figure: figureOf(runs, noise.end()), left }
  } finally {
    await subject.end()
  }
}

/** One round of everything that keeps a controller busy, each part measured by itself. */
class Work {
  added = 0
  readonly #subject: Subject
  readonly #stage: Stage
  readonly #held: number
  readonly #first: number
  readonly #phases = new Map<string, Stalls>()

  /** @param held blocks in force @param first number of a host from which on none was blocked yet */
  constructor(subject: Subject, stage: Stage, held: number, first: number) {
    this.#subject = subject
    this.#stage = stage
    this.#held = held
    this.#first = first
  }

  async run(): Promise<Phases> {
    const { count, quick } = this.#stage.bench
    const [short, singles, batch, released] = [count(2_000), count(4_000), quick ? 50 : 1_000, count(200)]
    const first = this.#first
    const until = new Date(Date.now() + 1_000 * SHORT).toISOString()
    // All of these end at one moment.
    const end = `"until":"${until}"`
    await this.#during('single commands', () => this.#block(short, 1, first + singles + batch, end))
    await this.#during('commands and reading', () =>
      Promise.all([this.#block(singles, 1, first), read(this.#subject)]),
    )
    await this.#during('releases', () => release(this.#subject, released))
    await this.#during('ends of blocks', () => pause(Math.max(0, Date.parse(until) + 1_000 - Date.now())))
    await this.#during('a batch', async () => {
      await this.#block(1, batch, first + singles)
      this.added = singles + batch - released
      await this.#subject.inSync(this.#held + this.added, 50)
    })
    return this.#phases
  }

  async #during(name: string, work: () => Promise<unknown>): Promise<void> {
    await this.#subject.probe('stall-start')
    await work()
    this.#phases.set(name, await this.#subject.probe<Stalls>('stall-read'))
  }

  async #block(requests: number, batch: number, first: number, end?: string): Promise<void> {
    const order = { requests, batch, first, clients: 4, hosts: 'outside' as const }
    const access = this.#subject.access
    const done = await this.#stage.load.run({ ...access, ...order, ...(end === undefined ? {} : { end }) })
    if (done.failed > 0) throw new Error(`${done.failed} blocks were refused: ${done.firstFailure}`)
  }
}

async function read(subject: Subject): Promise<void> {
  for (let count = 0; count < 20; count += 1) {
    await subject.controller.client.ask('GET', '/v1/blocks?limit=200')
    await subject.controller.client.explain(`45.0.1.${count}`)
    await subject.controller.client.ask('GET', '/readyz')
    await pause(20)
  }
}

async function release(subject: Subject, count: number): Promise<void> {
  const { client } = subject.controller
  const page = await client.ask<{ blocks: readonly { id: number }[] }>('GET', '/v1/blocks?limit=200')
  for (const { id } of page.blocks.slice(0, count)) await client.release(id)
}

/** The same meter in this process, which does next to nothing: what the machine alone does to a timer. */
export class Noise {
  #max = 0
  #last = performance.now()
  readonly #timer = setInterval(() => {
    const now = performance.now()
    this.#max = Math.max(this.#max, now - this.#last - 1)
    this.#last = now
  }, 1).unref()

  end(): number {
    clearInterval(this.#timer)
    return this.#max
  }
}

function figureOf(runs: readonly Phases[], noise: number): Figure {
  const all = runs.flatMap((phases) => [...phases.values()])
  const maxima = runs.map((phases) => largest([...phases.values()].map(({ max }) => max)))
  const worst = [...(runs[0]?.keys() ?? [])].map((name) => {
    const most = largest(runs.map((phases) => phases.get(name)?.max ?? 0))
    return `${name} ${most.toFixed(0)}`
  })
  const over10 = all.reduce((sum, { over10: over }) => sum + over.length, 0)
  const collected = largest(all.map((one) => one.collected))
  const monitored = largest(all.map((one) => one.monitored))
  return {
    name: 'scale.stall.max',
    n: runs.length,
    value: largest(maxima),
    runs: maxima,
    note:
      `in ms, at the longest: ${worst.join(', ')}; ${over10} were longer than 10 ms; ` +
      `the longest collection of garbage took ${collected.toFixed(0)}; ` +
      `monitorEventLoopDelay says ${monitored.toFixed(0)}; a process beside it that did nothing saw ${noise.toFixed(0)}`,
  }
}
