import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { Connection } from './connection.ts'
import type { Figure } from './figures.ts'
import { Load } from './load.ts'
import type { LoadDone, LoadOrder } from './load-process.ts'
import { ObservedSpeaker } from './observed-speaker.ts'
import { headLines, hostAddress, triggersBody } from './requests.ts'
import { threeMemoryDevices } from './site.ts'
import { median, spreadOf } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

const SHIPPED = join(import.meta.dirname, '../../policies/rules')
const POLICIES = 50
const WARM_UP = 100
/** Triggers are apart, so that none waits for the one before. */
const APART_MS = 5
/** Far behind what a controller was filled with. */
const FIRST = 1_000_000

/** How fast detections are decided about by fifty policies, and how many are taken in. */
export async function trigger(bench: Bench): Promise<readonly Figure[]> {
  const policies = join(bench.folder, 'policies')
  writePolicies(policies)
  return [await commands(bench, policies), ...(await rates(bench, policies))]
}

/** The shipped ones, and those that a site has for its departments. All are asked, and the last of them decides. */
function writePolicies(folder: string): void {
  cpSync(SHIPPED, folder, { recursive: true })
  const own = POLICIES - readdirSync(folder).length
  for (let number = 1; number <= own; number += 1) {
    const isLast = number === own
    const policy = {
      ...{ policy: `site-${number}`, about: 'one of many', priority: 9_000 + number, mode: 'enforce' },
      when: isLast
        ? "trigger.category == 'other' && trigger.role == 'victim' && target.own"
        : `'department-${number}' in target.departments && trigger.role == 'victim'`,
      incident: "'flood/' + (trigger.attack == '' ? target.net : trigger.attack)",
      rules: [isLast ? BLOCKS : REFUSES],
      examples: [
        {
          example: 'somebody else',
          trigger: { target: '10.0.0.1', role: 'offender', category: 'scan' },
          expect: { verdict: 'none' },
        },
      ],
    }
    writeFileSync(join(folder, `site-${number}.yaml`), stringify(policy))
  }
}

const REFUSES = {
  rule: 'department',
  verdict: 'refuse',
  why: 'a department that wants no blocks',
  when: 'history.blocks > 2',
}
const BLOCKS = {
  ...{ rule: 'flood', verdict: 'block', why: 'a flood that is known by nothing but its victim' },
  block: { direction: 'to', lasts: '1h', most: '1d', onClose: { after: '10m' } },
}

/** The secret of a machine's token. */
export async function machineOf({ controller }: Subject): Promise<string> {
  const body = { name: 'flows', roles: ['trigger'], origin: 'automatic', duration: '1d' }
  return (await controller.client.ask<{ secret: string }>('POST', '/v1/tokens', { body })).secret
}

/** From the request's first byte to the line on the pipe that ExaBGP reads. */
async function commands(bench: Bench, policies: string): Promise<Figure> {
  const blocks = bench.quick ? 5_000 : 100_000
  const load = new Load()
  const speaker = new ObservedSpeaker(join(bench.folder, 'command'), policies)
  const subject = await Subject.start(bench.program, speaker.site)
  try {
    await subject.inSync(0)
    bench.say(`${blocks} blocks`)
    await subject.fill(load, blocks, 'own')
    const n = bench.count(400)
    const runs = await measured(bench, subject, speaker, n)
    const spread = spreadOf(runs.flat())
    return { name: 'trigger.command', n: n * runs.length, value: spread.p50, spread, runs: runs.map(median) }
  } finally {
    await load.end()
    await subject.end()
    await speaker.end()
  }
}

async function measured(
  bench: Bench,
  subject: Subject,
  speaker: ObservedSpeaker,
  n: number,
): Promise<number[][]> {
  const connection = await Connection.open(subject.access.port)
  const head = headLines(await machineOf(subject))
  let next = FIRST
  const once = async (): Promise<number> => {
    const index = next++
    const came = speaker.cameWith(`${hostAddress(index, 'own')}/32`)
    const body = triggersBody(index, 1)
    const sent = process.hrtime.bigint()
    const answer = await connection.send('POST', '/v1/triggers', head, body)
    if (!answer.body.includes('"deed":"began"')) throw new Error(`no block came of it: ${answer.body}`)
    const took = Number((await came) - sent) / 1e6
    await pause(APART_MS)
    return took
  }
  for (let count = 0; count < WARM_UP; count += 1) await once()
  bench.say(`${n} triggers one by one, ${REPETITIONS} times`)
  const runs: number[][] = []
  for (let run = 0; run < REPETITIONS; run += 1) {
    const took: number[] = []
    for (let count = 0; count < n; count += 1) took.push(await once())
    runs.push(took)
  }
  connection.close()
  return runs
}

/** As many as are answered, each decided about, on disk and a block. */
async function rates(bench: Bench, policies: string): Promise<readonly Figure[]> {
  const subject = await Subject.start(
    bench.program,
    threeMemoryDevices(join(bench.folder, 'rate'), {}, policies),
  )
  const load = new Load()
  try {
    const { port } = subject.access
    const token = await machineOf(subject)
    let first = 0
    const run = async (asked: Pick<LoadOrder, 'clients' | 'requests' | 'batch'>): Promise<LoadDone> => {
      const done = await load.run({ ...{ port, token, first, hosts: 'own', triggers: true }, ...asked })
      first += asked.requests * asked.batch
      if (done.failed === 0) await subject.inSync(first, 50)
      return done
    }
    const figures: Figure[] = []
    for (const [name, asked] of [
      ['trigger.rate', { clients: 4, requests: bench.count(200), batch: 100 }],
      ['trigger.rate.single', { clients: 8, requests: bench.count(8_000), batch: 1 }],
    ] as const) {
      bench.say(
        `${asked.clients} clients, ${asked.requests} requests of ${asked.batch} triggers, ${REPETITIONS} times`,
      )
      await run({ ...asked, requests: Math.ceil(asked.requests / 4) })
      const runs: LoadDone[] = []
      for (let count = 0; count < REPETITIONS; count += 1) runs.push(await run(asked))
      figures.push(rateOf(name, asked.requests * asked.batch, runs))
    }
    return figures
  } finally {
    await load.end()
    await subject.end()
  }
}

function rateOf(name: string, each: number, runs: readonly LoadDone[]): Figure {
  const values = runs.map(({ seconds, failed }) => (each - failed) / seconds)
  const failed = runs.reduce((sum, run) => sum + run.failed, 0)
  const why = runs.find((run) => run.firstFailure !== undefined)?.firstFailure
  const broken = failed === 0 ? {} : { broken: `${failed} triggers became no block; the first: ${why}` }
  const note = 'each decided about by 50 policies, on disk, and a block'
  return { name, n: each * runs.length, value: median(values), runs: values, note, ...broken }
}
