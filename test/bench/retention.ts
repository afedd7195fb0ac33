import { appendFileSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Answer } from '../../src/http/schemas.ts'
import type { retentionRun } from '../../src/http/schemas-privacy.ts'
import type { Figure } from './figures.ts'
import { Load } from './load.ts'
import { type Site, threeMemoryDevices } from './site.ts'
import { Noise, type Stalls } from './stalls.ts'
import { largest, median } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

const KEPT_DAYS = 30
const DAYS_AGO = 40
const BATCH = 1_000
/** How long the blocks are on, in the time of the controller that records them. */
const BRIEFLY = '"duration":"10s"'

/** What is asked for, one after the other: the last of them finds nothing that is due. */
const RUNS = ['look', 'erase', 'idle'] as const
type Run = (typeof RUNS)[number]

interface Measured {
  readonly seconds: number
  readonly stalls: Stalls
  /** What a process saw that did nothing meanwhile, in milliseconds. */
  readonly noise: number
}

type Round = Readonly<Record<Run, Measured>>

/** What it costs to erase a hundred thousand blocks whose time is over, to look for them, and to find none. */
export async function retention(bench: Bench): Promise<readonly Figure[]> {
  const blocks = bench.quick ? 5_000 : 100_000
  const past = siteIn(join(bench.folder, 'past'))
  await record(bench, past, blocks)
  bench.say(`looking, erasing, and finding nothing, ${REPETITIONS} times`)
  const rounds: Round[] = []
  for (let count = 0; count < REPETITIONS; count += 1)
    rounds.push(await round(bench, past, join(bench.folder, `round-${count}`), blocks))
  return RUNS.flatMap((run) => figuresOf(run, rounds))
}

function siteIn(folder: string): Site {
  const site = threeMemoryDevices(folder)
  appendFileSync(site.config, stringify({ retention: { blocks: `${KEPT_DAYS}d` } }))
  return site
}

/** Blocks that have been on for a moment, by a controller whose clock is in the past. */
async function record(bench: Bench, site: Site, blocks: number): Promise<void> {
  bench.say(`${blocks} blocks that ended ${DAYS_AGO} days ago`)
  const load = new Load()
  const subject = await Subject.start(bench.program, site, { daysAgo: DAYS_AGO })
  try {
    const order = { clients: 1, requests: blocks / BATCH, batch: BATCH, first: 0, hosts: 'outside' as const }
    const done = await load.run({ ...subject.access, ...order, end: BRIEFLY })
    if (done.failed > 0) throw new Error(`${done.failed} blocks were refused: ${done.firstFailure}`)
    await subject.inSync(0, 50)
  } finally {
    await load.end()
    await subject.end()
  }
}

/** On a copy of the ledger. */
async function round(bench: Bench, past: Site, folder: string, blocks: number): Promise<Round> {
  const site = siteIn(folder)
  for (const name of ['ledger', 'access.json'])
    cpSync(join(past.folder, name), join(folder, name), { recursive: true })
  try {
    const first = await started(bench, site, async (subject) => {
      const look = await measured(subject, true, blocks)
      return { look, erase: await measured(subject, false, blocks) }
    })
    // On a controller of its own, as erasing leaves a checkpoint to be made.
    return { ...first, idle: await started(bench, site, (subject) => measured(subject, false, 0)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function started<T>(bench: Bench, site: Site, use: (subject: Subject) => Promise<T>): Promise<T> {
  const subject = await Subject.start(bench.program, site, { probe: true })
  try {
    await subject.ready()
    // Until the devices were read, nobody knows that the blocks are gone from them.
    await subject.inSync(0, 50)
    return await use(subject)
  } finally {
    await subject.end()
  }
}

/** @param due blocks whose time is over, each of which is an event at the least */
async function measured(subject: Subject, dry: boolean, due: number): Promise<Measured> {
  await subject.probe('stall-start')
  const beside = new Noise()
  const began = performance.now()
  const { rules } = await subject.controller.client.ask<Answer<typeof retentionRun>>(
    'POST',
    '/v1/retention:run',
    { body: { dry } },
  )
  const seconds = (performance.now() - began) / 1_000
  const stalls = await subject.probe<Stalls>('stall-read')
  const noise = beside.end()
  const [{ erased, waits } = { erased: -1, waits: 0 }] = rules
  const isAll = due === 0 ? erased === 0 : erased >= due
  if (!isAll || waits > 0) throw new Error(`${due} blocks were due; the answer is ${JSON.stringify(rules)}`)
  return { seconds, stalls, noise }
}

function figuresOf(run: Run, rounds: readonly Round[]): Figure[] {
  const seconds = rounds.map((each) => each[run].seconds)
  const stalls = rounds.map((each) => each[run].stalls)
  const maxima = stalls.map(({ max }) => max)
  const over10 = stalls.reduce((sum, { over10: over }) => sum + over.length, 0)
  const collected = largest(stalls.map((one) => one.collected))
  const noise = largest(rounds.map((each) => each[run].noise))
  const n = rounds.length
  return [
    { name: `retention.${run}`, n, value: median(seconds), runs: seconds },
    {
      ...{ name: `retention.stall.${run}`, n, value: largest(maxima), runs: maxima },
      note:
        `${over10} were longer than 10 ms; the longest collection of garbage took ${collected.toFixed(0)}; ` +
        `a process beside it that did nothing saw ${noise.toFixed(0)}`,
    },
  ]
}
