import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Connection } from './connection.ts'
import type { Figure } from './figures.ts'
import { Load } from './load.ts'
import { ObservedSpeaker } from './observed-speaker.ts'
import { blockBody, headLines, hostAddress } from './requests.ts'
import { median, spreadOf } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

const WARM_UP = 100
/** Commands are apart, so that none waits for the one before. */
const APART_MS = 5

/**
 * From the request's first byte to the line on the pipe that ExaBGP reads: once on an empty controller and once with
 * 100,000 blocks in force, in turns, so that what else the machine does hits both alike.
 */
export async function command(bench: Bench): Promise<readonly Figure[]> {
  const blocks = bench.quick ? 5_000 : 100_000
  const load = new Load()
  const empty = new Commander(join(bench.folder, 'empty'))
  const full = new Commander(join(bench.folder, 'full'))
  try {
    await empty.start(bench)
    await full.start(bench)
    bench.say(`${blocks} blocks for one of the two controllers`)
    await full.subject.fill(load, blocks, 'own')
    await load.end()
    const n = bench.count(400)
    for (let count = 0; count < WARM_UP; count += 1) for (const one of [empty, full]) await one.measure()
    bench.say(`${n} commands for each of the two in turns, ${REPETITIONS} times`)
    const runs: { empty: number[]; full: number[] }[] = []
    for (let count = 0; count < REPETITIONS; count += 1) runs.push(await inTurns(empty, full, n))
    return figuresOf(runs)
  } finally {
    await load.end()
    await empty.end()
    await full.end()
  }
}

async function inTurns(empty: Commander, full: Commander, n: number) {
  const run = { empty: [] as number[], full: [] as number[] }
  for (let count = 0; count < n; count += 1) {
    run.empty.push(await empty.measure())
    await pause(APART_MS)
    run.full.push(await full.measure())
    await pause(APART_MS)
  }
  return run
}

function figuresOf(runs: readonly { empty: number[]; full: number[] }[]): Figure[] {
  const of = (name: string, which: 'empty' | 'full'): Figure => {
    const all = runs.flatMap((run) => run[which])
    const spread = spreadOf(all)
    return { name, n: all.length, value: spread.p50, spread, runs: runs.map((run) => median(run[which])) }
  }
  const empty = of('command.latency.empty', 'empty')
  const full = of('command.latency.100k', 'full')
  return [
    empty,
    full,
    {
      name: 'command.latency.ratio.100k',
      n: empty.n + full.n,
      value: full.value / empty.value,
      runs: runs.map((run) => median(run.full) / median(run.empty)),
      note: 'of the medians',
    },
  ]
}

/** A controller with a speaker that is observed. */
class Commander {
  readonly #speaker: ObservedSpeaker
  #subject: Subject | undefined
  #connection: Connection | undefined
  #token = ''
  /** Far behind what the controller was filled with. */
  #next = 1_000_000

  constructor(folder: string) {
    this.#speaker = new ObservedSpeaker(folder)
  }

  get subject(): Subject {
    if (this.#subject === undefined) throw new Error('the controller was not started')
    return this.#subject
  }

  async start(bench: Bench): Promise<void> {
    this.#subject = await Subject.start(bench.program, this.#speaker.site)
    const { port, token } = this.#subject.access
    this.#token = token
    this.#connection = await Connection.open(port)
    await this.#subject.inSync(0)
  }

  /** One command, in milliseconds. */
  async measure(): Promise<number> {
    const index = this.#next++
    const came = this.#speaker.cameWith(`${hostAddress(index, 'own')}/32`)
    const head = headLines(this.#token, randomUUID())
    const body = blockBody(index, 'own')
    const sent = process.hrtime.bigint()
    const answer = await this.#connection?.send('POST', '/v1/blocks', head, body)
    if (answer?.status !== 201) throw new Error(`a block was refused: ${answer?.body}`)
    return Number((await came) - sent) / 1e6
  }

  async end(): Promise<void> {
    this.#connection?.close()
    await this.#subject?.end()
    await this.#speaker.end()
  }
}
