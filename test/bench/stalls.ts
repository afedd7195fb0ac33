import { setTimeout as pause } from 'node:timers/promises'
import type { Figure } from './figures.ts'
import type { Load } from './load.ts'
import type { Site } from './site.ts'
import { largest, quantile } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

interface Stage {
  readonly bench: Bench
  readonly blocks: number
  readonly load: Load
  readonly site: Site
}

interface Stalls {
  readonly max: number
  readonly monitored: number
  readonly over10: readonly number[]
}

/** Seconds until the short blocks end, while other commands go on. */
const SHORT = 6

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
    const runs: Stalls[] = []
    let left = blocks
    for (let count = 0; count < REPETITIONS; count += 1) {
      // What the filling left to do, a checkpoint above all, is part of what is measured.
      await subject.probe('stall-start')
      left += await work(subject, stage, left)
      await subject.inSync(left, 50)
      runs.push(await subject.probe<Stalls>('stall-read'))
    }
    return { figure: figureOf(runs, await idleNoise()), left }
  } finally {
    await subject.end()
  }
}

/** @returns how many blocks it left in force */
async function work(subject: Subject, { bench, load }: Stage, held: number): Promise<number> {
  const short = bench.count(2_000)
  const singles = bench.count(4_000)
  const batch = bench.quick ? 50 : 1_000
  const common = { ...subject.access, hosts: 'outside' as const }
  const run = async (order: {
    requests: number
    batch: number
    first: number
    end?: string
  }): Promise<void> => {
    const done = await load.run({ ...common, clients: 4, ...order })
    if (done.failed > 0) throw new Error(`${done.failed} blocks were refused: ${done.firstFailure}`)
  }
  const until = new Date(Date.now() + 1_000 * SHORT).toISOString()
  // All of these end at one moment.
  await run({ requests: short, batch: 1, first: held + 1_000_000, end: `"until":"${until}"` })
  await Promise.all([run({ requests: singles, batch: 1, first: held }), read(subject)])
  await run({ requests: 1, batch, first: held + singles })
  await release(subject, bench.count(200))
  await pause(Math.max(0, Date.parse(until) + 1_000 - Date.now()))
  return singles + batch - bench.count(200)
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
  const newest = await subject.controller.client.list('active=true').then((all) => all.slice(0, count))
  for (const { id } of newest) await subject.controller.client.release(id)
}

/** The same meter in this process, which does nothing: what the machine alone does to a timer. */
async function idleNoise(): Promise<number> {
  let last = performance.now()
  let most = 0
  const end = last + 3_000
  while (last < end) {
    await pause(1)
    most = Math.max(most, performance.now() - last - 1)
    last = performance.now()
  }
  return most
}

function figureOf(runs: readonly Stalls[], noise: number): Figure {
  const over = runs.flatMap(({ over10 }) => over10)
  const maxima = runs.map(({ max }) => max)
  const monitored = largest(runs.map((run) => run.monitored))
  const usual = over.length === 0 ? 'none was longer than 10 ms' : `${over.length} were longer than 10 ms`
  return {
    name: 'scale.stall.max',
    n: runs.length,
    value: largest(maxima),
    runs: maxima,
    note: `${usual} (median of those ${quantile(over, 0.5).toFixed(1)} ms); monitorEventLoopDelay says ${monitored.toFixed(1)} ms; an idle process beside it saw ${noise.toFixed(1)} ms`,
  }
}
