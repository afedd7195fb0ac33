import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { seeded } from '../helpers/random.ts'

const KILLS = 8
const RECORDS = 2_000
const SEED = process.env['CORDON_SEED'] ?? 'spool'
const CHILD = fileURLToPath(new URL('spool-child.ts', import.meta.url))
const DEADLINE_MS = 60_000

describe(`a spool whose reader is killed ${KILLS} times`, () => {
  let folder = ''
  let child: ChildProcess | undefined

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cordon-spool-kill-'))
    for (const name of ['tmp', 'incoming', 'temp']) mkdirSync(join(folder, name))
  })
  after(() => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const lists = () => ['incoming', 'temp'].flatMap((name) => readdirSync(join(folder, name)))

  /** One life, that ends when so many records were taken or none is left; tells which were. */
  async function live(most: number): Promise<number[]> {
    const taken: number[] = []
    const reader = spawn(process.execPath, ['--import', 'tsx', CHILD, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = reader
    const exited = once(reader, 'exit')
    const deadline = setTimeout(() => reader.kill('SIGKILL'), DEADLINE_MS)
    const look = setInterval(() => {
      if (lists().length === 0) reader.kill('SIGKILL')
    }, 50)
    for await (const line of createInterface({ input: reader.stdout })) {
      taken.push(Number(line))
      if (taken.length === most) reader.kill('SIGKILL')
    }
    await exited
    clearTimeout(deadline)
    clearInterval(look)
    return taken
  }

  it('hands over each record at least once, and again only what was in hand', async (t) => {
    for (let id = 0; id < RECORDS; id += 1) {
      writeFileSync(join(folder, 'tmp', `${id}.idea`), JSON.stringify({ id }))
      renameSync(join(folder, 'tmp', `${id}.idea`), join(folder, 'incoming', `${id}.idea`))
    }
    const random = seeded(SEED)
    const taken: number[] = []
    for (let kill = 0; kill < KILLS; kill += 1) taken.push(...(await live(1 + Math.floor(random() * 200))))
    taken.push(...(await live(Number.POSITIVE_INFINITY)))
    t.diagnostic(`${taken.length - RECORDS} of ${RECORDS} records twice, seed ${SEED}`)
    assert.equal(new Set(taken).size, RECORDS)
    assert.ok(taken.length <= RECORDS + KILLS, `${taken.length} were handed over`)
    assert.deepEqual([lists(), readdirSync(join(folder, 'errors'))], [[], []])
  })
})
