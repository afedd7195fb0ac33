import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Logger, SILENT } from '../../src/domain/log.ts'
import type { Recorded } from '../../src/ledger/events.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { created } from '../helpers/events.ts'
import { type Disk, memoryFiles } from '../helpers/memory-files.ts'
import { type RecordingFiles, recordingFiles } from '../helpers/recording-files.ts'
import { openLedger, plain, put } from '../helpers/test-ledger.ts'
import type { CrashImage } from '../helpers/torn-writes.ts'
import { type Course, courseOf, ERASED_WORDS, STEPS } from './workload.ts'

/** So small that a few groups fill a segment. */
const SEGMENT = 6_000

describe('a crash of the machine', () => {
  it('at any call, with any part of what was under way written, loses nothing answered', async () => {
    const durableAt: number[] = []
    const groups: (readonly Recorded[])[] = []
    const files = recordingFiles()
    const ledger = await openLedger({ files, segmentBytes: SEGMENT })
    ledger.onDurable((recorded) => {
      durableAt.push(files.calls.length)
      groups.push(recorded)
    })
    for (const step of STEPS) await step(ledger)
    await ledger.close()
    const course = courseOf(groups)
    let images = 0
    for (const image of files.crashImages()) {
      const answered = durableAt.filter((calls) => calls <= image.call.index).length
      await survives(image, course, answered)
      images += 1
    }
    assert.ok(images > 350, `only ${images} images`)
  })
})

/** Starts on the disk that a crash left, twice, and goes on. */
async function survives(image: CrashImage, course: Course, answered: number): Promise<void> {
  const where = `call ${image.call.index}, ${image.how}`
  const files = memoryFiles(image.disk)
  const first = await openLedger({ files, segmentBytes: SEGMENT }).catch((error: unknown) => {
    throw new Error(where, { cause: error })
  })
  const found = course.states.indexOf(JSON.stringify(plain(first.head)))
  assert.ok(
    found === answered || found === answered + 1,
    `${where}: ${answered} groups were answered, state ${found} was found at event ${first.head.seq}`,
  )
  assertErased(files.disk(), course, first.head.seq, where)
  await put(first, [created(900)])
  await first.close()
  await isClean(files.disk(), plain(first.head), where)
}

async function isClean(disk: Disk, state: unknown, where: string): Promise<void> {
  const warnings: string[] = []
  const log: Logger = { ...SILENT, warn: (_, message) => warnings.push(message) }
  const files = memoryFiles(disk)
  const second = await openLedger({ files, segmentBytes: SEGMENT, log })
  assert.deepEqual(plain(second.head), state, where)
  assert.deepEqual(warnings, [], where)
  await second.close()
  assert.equal((await verifyLedger(files)).dropped, undefined, where)
}

/** Once a start has seen that something was to be erased, none of its bytes are left. */
function assertErased(disk: Disk, course: Course, seq: number, where: string): void {
  const redaction = course.recorded.find(({ event }) => event.type === 'redacted')
  if (redaction === undefined || seq < redaction.seq) return
  for (const [name, body] of disk) assert.equal(body.written().indexOf(ERASED_WORDS), -1, `${where}: ${name}`)
}

interface Run {
  readonly groups: (readonly Recorded[])[]
  /** Whether the process had to end. */
  readonly fatal: boolean
  readonly refused: readonly unknown[]
}

/** The workload on files of which one call fails. */
async function runFaulty(files: RecordingFiles): Promise<Run> {
  const groups: (readonly Recorded[])[] = []
  const refused: unknown[] = []
  let fatal = false
  let die = (): void => {}
  const death = new Promise<void>((resolve) => {
    die = resolve
  })
  const onFatal = (): void => {
    fatal = true
    die()
  }
  const ledger = await openLedger({ files, segmentBytes: SEGMENT, onFatal }).catch((error: unknown) => {
    refused.push(error)
  })
  if (ledger === undefined) return { groups, fatal, refused }
  ledger.onDurable((recorded) => groups.push(recorded))
  for (const step of STEPS) {
    if (fatal) break
    await Promise.race([step(ledger).catch((error: unknown) => refused.push(error)), death])
  }
  if (fatal) await answersNobody(ledger, groups)
  else await ledger.close().catch((error: unknown) => refused.push(error))
  return { groups, fatal, refused }
}

async function answersNobody(
  ledger: Awaited<ReturnType<typeof openLedger>>,
  groups: readonly unknown[],
): Promise<void> {
  const before = groups.length
  const answers: string[] = []
  put(ledger, [created(901)]).then(
    () => answers.push('committed'),
    () => answers.push('refused'),
  )
  ledger.settled().then(
    () => answers.push('settled'),
    () => answers.push('failed'),
  )
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(answers, [])
  assert.equal(groups.length, before)
}

describe('a call that fails', () => {
  for (const code of ['EIO', 'ENOSPC'] as const) {
    it(`with ${code}, whichever it is, ends the process or changes nothing that was answered`, async () => {
      const healthy = recordingFiles()
      const course = courseOf((await runFaulty(healthy)).groups)
      let fatal = 0
      for (let index = 0; index < healthy.calls.length; index += 1) {
        const files = recordingFiles()
        files.failAt(index, code)
        const run = await runFaulty(files)
        const call = files.calls[index]
        const where = `${call?.op} ${call?.name} (call ${index})`
        if (run.fatal) fatal += 1
        assert.equal(run.fatal, isCommit(files, index), where)
        await agrees(files, run, course, where)
      }
      assert.ok(fatal >= STEPS.length, `only ${fatal} were fatal`)
    })
  }
})

/** Whether the call writes a group: something that is no zeros, to a file of a segment. */
function isCommit(files: RecordingFiles, index: number): boolean {
  const change = files.calls[index]?.change
  return change?.kind === 'write' && !change.name.endsWith('.new') && change.data.some((byte) => byte !== 0)
}

/** What is found after the next start is what was durable, or the one group more that was being written. */
async function agrees(files: RecordingFiles, run: Run, course: Course, where: string): Promise<void> {
  const after = memoryFiles(files.memory.disk())
  const ledger = await openLedger({ files: after, segmentBytes: SEGMENT }).catch((error: unknown) => {
    throw new Error(where, { cause: error })
  })
  const durable = run.groups.flat().length
  const recorded: Recorded[] = []
  for await (const one of ledger.history()) recorded.push(one)
  const known = run.groups.flat()
  assert.deepEqual(
    recorded.slice(0, durable).map(({ seq, event }) => [seq, event.type]),
    known.map(({ seq, event }) => [seq, event.type]),
    where,
  )
  assert.equal(JSON.stringify(plain(ledger.head)), courseOf([...(await groupsOf(ledger))]).states[1], where)
  if (run.refused.length === 0) assertLength(course, recorded.length, durable, run.fatal, where)
  await ledger.close()
}

async function groupsOf(ledger: Awaited<ReturnType<typeof openLedger>>): Promise<Recorded[][]> {
  const all: Recorded[] = []
  for await (const one of ledger.history()) all.push(one)
  return [all]
}

function assertLength(course: Course, found: number, durable: number, fatal: boolean, where: string): void {
  const at = course.lengths.indexOf(durable)
  assert.ok(at >= 0, where)
  const allowed = fatal ? [durable, course.lengths[at + 1]] : [durable]
  assert.ok(allowed.includes(found), `${where}: ${durable} events were durable, ${found} were found`)
}
