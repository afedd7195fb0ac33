import { join } from 'node:path'
import { bareRate } from './bare.ts'
import type { Figure } from './figures.ts'
import { Load } from './load.ts'
import type { LoadDone, LoadOrder } from './load-process.ts'
import { threeMemoryDevices } from './site.ts'
import { median, spreadOf } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

/** A run with what it cost. */
interface Measured extends LoadDone {
  /** Blocks a second. */
  readonly rate: number
  /** Of one core, all threads of the controller. */
  readonly controllerShare: number
}

type Asked = Pick<LoadOrder, 'clients' | 'requests' | 'batch'>

/** How fast commands are taken: each answer means that the block is on disk (fdatasync), devices or not. */
export async function accept(bench: Bench): Promise<readonly Figure[]> {
  const site = threeMemoryDevices(join(bench.folder, 'accept'))
  const subject = await Subject.start(bench.program, site)
  const load = new Load()
  try {
    const hammer = new Hammer(subject, load)
    bench.say('a bare server, for what the machine can do now')
    const bare = [await bareRate(bench.folder, load, bench.count(20_000))]
    const single = { clients: 8, requests: bench.count(20_000), batch: 1 }
    const alone = { clients: 1, requests: bench.count(3_000), batch: 1 }
    const batch = { clients: 2, requests: bench.count(60), batch: bench.quick ? 50 : 1_000 }
    bench.say(`8 clients, ${single.requests} single blocks, ${REPETITIONS} times`)
    const rates = await hammer.repeat(single, bench.count(6_000))
    bench.say(`1 client, ${alone.requests} single blocks, ${REPETITIONS} times`)
    const latencies = await hammer.repeat(alone, bench.count(500))
    bench.say(`2 clients, ${batch.requests} requests of ${batch.batch} blocks, ${REPETITIONS} times`)
    const batches = await hammer.repeat(batch, bench.count(20))
    bare.push(await bareRate(bench.folder, load, bench.count(20_000)))
    return [
      bareFigure(bench.count(20_000), bare),
      rateFigure('accept.rate.clients8', single, rates),
      latencyFigure(alone, latencies),
      rateFigure('accept.rate.batch', batch, batches),
    ]
  } finally {
    await load.end()
    await subject.end()
  }
}

class Hammer {
  readonly #subject: Subject
  readonly #load: Load
  #first = 0

  constructor(subject: Subject, load: Load) {
    this.#subject = subject
    this.#load = load
  }

  /** Once to warm up, then as often as it counts; each begins when the devices have what came before. */
  async repeat(asked: Asked, warmUp: number): Promise<Measured[]> {
    await this.#run({ ...asked, requests: warmUp })
    const runs: Measured[] = []
    for (let count = 0; count < REPETITIONS; count += 1) runs.push(await this.#run(asked))
    return runs
  }

  async #run(asked: Asked): Promise<Measured> {
    const blocks = asked.requests * asked.batch
    const before = this.#subject.cpuSeconds()
    const order = { ...this.#subject.access, ...asked, first: this.#first, hosts: 'outside' as const }
    const done = await this.#load.run(order)
    const controllerShare = (this.#subject.cpuSeconds() - before) / done.seconds
    this.#first += blocks
    if (done.failed === 0) await this.#subject.inSync(this.#first, 50)
    return { ...done, rate: (blocks - done.failed) / done.seconds, controllerShare }
  }
}

function bareFigure(n: number, runs: readonly number[]): Figure {
  const note = 'Fastify and fdatasync alone, 8 clients; before and after the others'
  return { name: 'accept.rate.bare', n: n * runs.length, value: Math.max(...runs), runs, note }
}

function rateFigure(name: string, { requests, batch }: Asked, runs: readonly Measured[]): Figure {
  const rates = runs.map(({ rate }) => rate)
  const n = requests * batch * runs.length
  return { name, n, value: median(rates), runs: rates, note: sharesOf(runs), ...failuresOf(runs) }
}

function latencyFigure({ requests }: Asked, runs: readonly Measured[]): Figure {
  const spread = spreadOf(runs.flatMap(({ latencies }) => latencies))
  return {
    name: 'accept.latency.clients1',
    n: requests * runs.length,
    value: spread.p50,
    spread,
    runs: runs.map(({ latencies }) => median(latencies)),
    note: sharesOf(runs),
    ...failuresOf(runs),
  }
}

function failuresOf(runs: readonly Measured[]): Pick<Figure, 'broken'> {
  const failed = runs.reduce((sum, run) => sum + run.failed, 0)
  if (failed === 0) return {}
  return {
    broken: `${failed} blocks failed; the first: ${runs.find((run) => run.firstFailure)?.firstFailure}`,
  }
}

function sharesOf(runs: readonly Measured[]): string {
  const percent = (share: number): string => `${Math.round(100 * share)} %`
  const clients = percent(median(runs.map(({ clientShare }) => clientShare)))
  const controller = percent(median(runs.map(({ controllerShare }) => controllerShare)))
  return `of one core, the clients took ${clients}, the controller ${controller} (all threads)`
}
