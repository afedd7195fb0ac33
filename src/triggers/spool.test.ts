import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import { InputError } from '../domain/input-error.ts'
import { SILENT } from '../domain/log.ts'
import { oldestFiles, openSpool, type Spool, type SpoolOptions } from './spool.ts'

/** Nobody waits longer for what a kernel tells at once. */
const DEADLINE_MS = 10_000

describe('a spool', () => {
  let folder = ''
  let spool: Spool | undefined
  let clock: VirtualClock
  let taken: unknown[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-spool-'))
    for (const name of ['tmp', 'incoming', 'temp']) await mkdir(join(folder, name))
    clock = new VirtualClock()
    taken = []
  })
  afterEach(async () => {
    await spool?.close()
    spool = undefined
    await rm(folder, { recursive: true })
  })

  /** As the filer does it: whole at once. Higher ages are older. */
  async function file(name: string, text: string, age = 0, where = 'incoming'): Promise<void> {
    const written = join(folder, 'tmp', name)
    await writeFile(written, text)
    const time = 1_800_000_000 - age
    await utimes(written, time, time)
    await rename(written, join(folder, where, name))
  }
  const record = (id: number, age = 0, where?: string) =>
    file(`${id}.idea`, JSON.stringify({ id }), age, where)
  const idOf = (one: unknown) => (one as { id: number }).id
  const names = async (where: string) => (await readdir(join(folder, where))).sort()
  const open = async (take?: SpoolOptions['take']): Promise<void> => {
    const noted: SpoolOptions['take'] = async (one) => {
      taken.push(idOf(one))
      return 'taken'
    }
    spool = await openSpool({ folder, clock, log: SILENT, take: take ?? noted })
  }
  /** Waits for files and their watcher, while the spool's own time stands still. */
  async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
    const end = Date.now() + DEADLINE_MS
    while (!(await holds())) {
      assert.ok(Date.now() < end, 'it has come to that in time')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const isEmpty = async () => (await names('incoming')).length + (await names('temp')).length === 0

  it('hands over what is there, the oldest first, and then what comes', async () => {
    await record(1, 10)
    await record(2, 30)
    await record(3, 20)
    await open()
    await until(isEmpty)
    assert.deepEqual(taken, [2, 3, 1])
    await record(4)
    await until(isEmpty)
    assert.deepEqual(taken, [2, 3, 1, 4])
    assert.deepEqual(await names('errors'), [])
  })

  it('takes up first what was in hand when a process died', async () => {
    await record(1, 50)
    await record(2, 10, 'temp')
    await open()
    await until(isEmpty)
    assert.deepEqual(taken, [2, 1])
  })

  it('keeps a record until it is taken', async () => {
    let answer: ((outcome: 'taken') => void) | undefined
    await record(1)
    await open(() => new Promise((resolve) => (answer = resolve)))
    await until(() => answer !== undefined)
    assert.deepEqual(await names('temp'), ['1.idea'])
    answer?.('taken')
    await until(isEmpty)
  })

  it('puts aside what is refused, with the reason beside it', async () => {
    await record(1, 30)
    await record(2, 20)
    await file('3.idea', '{"id":', 10)
    await file('4.idea', JSON.stringify({ id: 4, text: 'x'.repeat(1 << 20) }), 5)
    await record(5)
    await open(async (one) => {
      taken.push(idOf(one))
      if (idOf(one) === 1) throw new InputError('idea', 'that is no time', 'DetectTime')
      return idOf(one) === 2 ? 'refused' : 'taken'
    })
    await until(isEmpty)
    assert.deepEqual(taken, [1, 2, 5])
    const why = async (name: string) => (await readFile(join(folder, 'errors', `${name}.why`), 'utf8')).trim()
    assert.equal(await why('1.idea'), 'DetectTime: that is no time')
    assert.equal(await why('2.idea'), 'the record was refused')
    assert.match(await why('3.idea'), /^it is no JSON: /)
    assert.match(await why('4.idea'), /^it has \d+ bytes/)
    assert.equal(await readFile(join(folder, 'errors', '1.idea'), 'utf8'), '{"id":1}')
  })

  it('never puts one aside in the place of another', async () => {
    await open(async () => 'refused')
    for (const id of [1, 1]) {
      await record(id)
      await until(isEmpty)
    }
    assert.equal((await names('errors')).length, 4)
  })

  it('tries the same record again later, less and less often, and the others behind it', async () => {
    await record(1, 20)
    await record(2, 10)
    const times: number[] = []
    await open(async (one) => {
      taken.push(idOf(one))
      if (idOf(one) === 2) return 'taken'
      times.push(clock.monotonic())
      return times.length < 9 ? 'later' : 'taken'
    })
    for (let tries = 1; tries < 9; tries += 1) {
      await until(() => times.length === tries && clock.pending === 1)
      assert.deepEqual([await names('temp'), await names('incoming')], [['1.idea'], ['2.idea']])
      await clock.runUntil(() => times.length > tries, 60_000)
    }
    await until(isEmpty)
    assert.deepEqual(taken, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2])
  })

  it('waits twice as long each time, and a minute at the most', async () => {
    await record(1)
    const times: number[] = []
    await open(async () => {
      times.push(clock.monotonic() / 1_000)
      return 'later'
    })
    for (const [at, wait] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      await until(() => times.length === at + 1 && clock.pending === 1)
      await clock.advance(wait * 1_000 - 1)
      assert.equal(times.length, at + 1)
      await clock.advance(1)
      await until(() => times.length === at + 2)
    }
  })

  it('puts aside at the fifth time what cannot even be looked at', async () => {
    await record(1)
    let tries = 0
    await open(async () => {
      tries += 1
      throw new TypeError('of undefined')
    })
    while (!(await isEmpty())) {
      await until(async () => clock.pending === 1 || (await isEmpty()))
      await clock.advance(60_000)
    }
    assert.equal(tries, 5)
    assert.match(
      await readFile(join(folder, 'errors', '1.idea.why'), 'utf8'),
      /could not be dealt with: of undefined/,
    )
  })

  it('looks now and then for what nobody told it of', async () => {
    await open()
    await until(() => clock.pending === 1)
    // A folder that was replaced is no longer the one that is watched.
    await rename(join(folder, 'incoming'), join(folder, 'before'))
    await mkdir(join(folder, 'incoming'))
    await until(() => clock.pending === 1)
    await record(1)
    await clock.advance(10_000)
    await until(isEmpty)
    assert.deepEqual(taken, [1])
  })

  it('touches nothing when it is closed', async () => {
    await record(1)
    await open(async () => 'later')
    await until(() => clock.pending === 1)
    await spool?.close()
    assert.equal(clock.pending, 0)
    await record(2)
    assert.deepEqual([await names('temp'), await names('incoming')], [['1.idea'], ['2.idea']])
  })

  it('leaves alone what is no whole file', async () => {
    await file('.part', '{')
    await mkdir(join(folder, 'incoming', 'folder'))
    await record(1)
    await open()
    await until(async () => (await names('incoming')).length === 2 && (await names('temp')).length === 0)
    assert.deepEqual(await names('incoming'), ['.part', 'folder'])
    assert.deepEqual(taken, [1])
  })

  it('remembers only as many names as it is told to', async () => {
    for (let id = 0; id < 50; id += 1) await record(id, (id * 7) % 50)
    const oldest = await oldestFiles(join(folder, 'incoming'), 5)
    const wanted = Array.from({ length: 50 }, (_, id) => ({ id, age: (id * 7) % 50 }))
      .sort((a, b) => b.age - a.age)
      .slice(0, 5)
    assert.deepEqual(
      oldest,
      wanted.map(({ id }) => `${id}.idea`),
    )
  })
})
