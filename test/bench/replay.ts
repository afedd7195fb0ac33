import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stopSpeaker } from '../../adapters/exabgp/index.ts'
import { type Bird, noBird, startBird } from '../helpers/bird.ts'
import { realClock } from '../helpers/system-clock.ts'
import { type Arrival, seenAt, watchArrival } from './bird-meter.ts'
import { bulkRate } from './bulk-speaker.ts'
import { Connection } from './connection.ts'
import type { Figure } from './figures.ts'
import { Load } from './load.ts'
import { speakerConfig } from './observed-speaker.ts'
import { blockBody, headLines, hostAddress } from './requests.ts'
import { oneSpeaker, SPEAKER } from './site.ts'
import { median, spreadOf } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

/** Urgent blocks in each replay, at these shares of it. */
const URGENT_AT = [0.2, 0.35, 0.5, 0.65, 0.8]

interface Replay {
  readonly bulk: Arrival
  readonly arrival: Arrival
  /** Seconds from the kill until the router has everything again. */
  readonly outage: number
  readonly urgent: readonly number[]
}

/**
 * ExaBGP is killed and Cordon brings it back, with BIRD as the router. BIRD is emptied at the same moment: with
 * graceful restart it would keep the routes, and no arrival could be seen.
 */
export async function replay(bench: Bench): Promise<readonly Figure[]> {
  const missing = noBird()
  if (missing !== false) throw new Error(missing)
  const routes = bench.quick ? 5_000 : 100_000
  const bird = await startBird()
  const folder = join(bench.folder, 'replay')
  const site = oneSpeaker(folder, speakerConfig(bird.port))
  const load = new Load()
  try {
    const subject = await Subject.start(bench.program, site)
    try {
      bench.say(`${routes} routes through ExaBGP to BIRD`)
      await subject.fill(load, routes, 'own')
      await load.end()
      return figuresOf(routes, await repeat({ bench, bird, subject, folder, held: routes }))
    } finally {
      await subject.end()
      await stopSpeaker(join(folder, 'run', SPEAKER), realClock())
    }
  } finally {
    await load.end()
    await bird.dispose()
  }
}

interface Stage {
  readonly bench: Bench
  readonly bird: Bird
  readonly subject: Subject
  readonly folder: string
  /** Routes in force. */
  held: number
}

async function repeat(stage: Stage): Promise<Replay[]> {
  const replays: Replay[] = []
  for (let count = 0; count < REPETITIONS; count += 1) {
    // A second router for it: the first one is the controller's, which must be at rest meanwhile.
    const own = await startBird()
    const bulkFolder = join(stage.folder, `bulk-${count}`)
    mkdirSync(bulkFolder)
    stage.bench.say("ExaBGP's own rate, then the replay")
    const bulk = await bulkRate(bulkFolder, own, stage.held).finally(() => own.dispose())
    replays.push({ bulk, ...(await replayOnce(stage)) })
  }
  return replays
}

async function replayOnce(stage: Stage): Promise<Omit<Replay, 'bulk'>> {
  const { bird, subject, held } = stage
  const { port, token } = subject.access
  const connection = await Connection.open(port)
  const urgent: Promise<number>[] = []
  await bird.stop()
  process.kill(speakerPid(stage.folder), 'SIGKILL')
  const killed = performance.now()
  await bird.start()
  const arrival = await watchArrival(bird.socket, held + URGENT_AT.length, (seen) => {
    const share = URGENT_AT[urgent.length]
    if (share === undefined || seen < share * held) return
    urgent.push(urgentBlock(bird, connection, token, stage.held))
    stage.held += 1
  })
  connection.close()
  const times = await Promise.all(urgent)
  await subject.inSync(stage.held, 50)
  return { arrival, outage: (arrival.last - killed) / 1_000, urgent: times }
}

/** From the request's first byte until the router has the route, in milliseconds. */
async function urgentBlock(
  bird: Bird,
  connection: Connection,
  token: string,
  index: number,
): Promise<number> {
  const sent = performance.now()
  const head = headLines(token, randomUUID())
  const answer = await connection.send('POST', '/v1/blocks', head, blockBody(index, 'own'))
  if (answer.status !== 201) throw new Error(`an urgent block was refused: ${answer.body}`)
  return (await seenAt(bird.socket, hostAddress(index, 'own'))) - sent
}

function speakerPid(folder: string): number {
  return Number(readFileSync(join(folder, 'run', SPEAKER, 'speaker.pid'), 'utf8'))
}

function figuresOf(routes: number, replays: readonly Replay[]): Figure[] {
  const n = routes
  const of = (name: string, pick: (replay: Replay) => number, note?: string): Figure => {
    const runs = replays.map(pick)
    return { name, n, value: median(runs), runs, ...(note === undefined ? {} : { note }) }
  }
  const spread = spreadOf(replays.flatMap(({ urgent }) => urgent))
  return [
    of('replay.rate.exabgp', ({ bulk }) => bulk.rate),
    of('replay.rate.cordon', ({ arrival }) => arrival.rate),
    of(
      'replay.share.100k',
      ({ arrival, bulk }) => arrival.rate / bulk.rate,
      'each replay beside the bulk run before it',
    ),
    of(
      'replay.outage',
      ({ outage }) => outage,
      'from the kill until the router, emptied too, has all routes',
    ),
    {
      name: 'replay.urgent',
      n: URGENT_AT.length * replays.length,
      value: spread.max,
      spread,
      runs: replays.map(({ urgent }) => Math.max(...urgent)),
      note: 'the slowest of all',
    },
  ]
}
