import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  aboutRequest,
  amended,
  answeredRequest,
  created,
  inForce,
  noted,
  personKnown,
  proposed,
  queued,
  released,
  requestFiled,
  tokenCreated,
} from '../../test/helpers/events.ts'
import { openLedger, plain, put } from '../../test/helpers/test-ledger.ts'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { CheckpointJob } from './checkpoint-worker.ts'
import type { LedgerEvent } from './events.ts'
import { folderFiles } from './files.ts'
import { fold } from './fold.ts'
import { loadDurable, loadLedger } from './load.ts'
import { runCheckpoint } from './run-checkpoint.ts'
import { emptyState } from './state.ts'

const KEEP = Number.MAX_SAFE_INTEGER

let root = ''
let folder = ''
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'cordon-checkpoint-'))
})
after(() => rm(root, { recursive: true, force: true }))
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'ledger-'))
})

/** A worker does not keep the process alive; a test that waits for one must. */
async function make(job: CheckpointJob): Promise<void> {
  const alive = setInterval(() => {}, 1_000)
  await runCheckpoint(job).done.finally(() => clearInterval(alive))
}

function events(from: number, to: number): LedgerEvent[] {
  const all: LedgerEvent[] = []
  for (let block = from; block < to; block += 1) {
    all.push(created(block), inForce('r 1', [block]))
    if (block % 2 === 0) all.push(amended(block, `again ${block}`), inForce('r2', [block]))
    if (block % 3 === 0) all.push(released(block))
    if (block % 5 === 0) all.push(answeredRequest(`key ${block}`, [block]), tokenCreated(`token ${block}`))
  }
  return all
}

async function fill(from: number, to: number): Promise<void> {
  const ledger = await openLedger({ folder, segmentBytes: 20_000 })
  for (const event of events(from, to)) await put(ledger, [event])
  await put(ledger, [
    { type: 'memo', device: 'r1', memo: 'up' },
    { type: 'device.held', device: 'r1', by: 't1', until: 9, reason: 'work' },
    { type: 'breaker.tripped', breaker: 'source:t1', limit: 'a minute', source: 't1' },
    { type: 'source.muted', token: 't1', by: 't0', reason: 'noise' },
    { type: 'automation.frozen', by: 't0', reason: 'look' },
    personKnown('p1'),
    proposed(events(from, to).length + 1_000),
    requestFiled(from + 5_000, from),
    ...aboutRequest(from + 5_000).slice(0, 2),
    noted(1, { block: from }),
    noted(2, { block: from }),
    queued(from, 1, { blocks: [from] }),
    { type: 'message.dead', message: from, blocks: [from], words: 'no' },
  ])
  await ledger.close()
}

function job(upTo: number): CheckpointJob {
  return { ledger: folder, checkpoint: join(folder, 'checkpoint'), upTo, now: 0, retainEndedMs: KEEP }
}

async function fresh(): Promise<unknown> {
  return plain((await loadLedger(await folderFiles(folder), undefined)).state)
}

/** The checkpoint as it is found, and the state that a start makes of it. */
async function start(): Promise<{ checkpoint: Checkpoint | undefined; state: unknown }> {
  const checkpoint = await readCheckpoint(join(folder, 'checkpoint'))
  const { state } = await loadLedger(await folderFiles(folder), checkpoint)
  return { checkpoint, state: plain(state) }
}

async function shardFiles(): Promise<string[]> {
  return (await readdir(join(folder, 'checkpoint'))).filter((name) => name.endsWith('.json'))
}

describe('a checkpoint', () => {
  it('made by the worker leads to the same state as the whole ledger, from any event on', async () => {
    await fill(1, 40)
    for (const upTo of [1, 7, 60, 100]) {
      await make(job(upTo))
      const { checkpoint, state } = await start()
      assert.equal(checkpoint?.position.seq, upTo)
      assert.deepEqual(state, await fresh())
    }
    await fill(40, 50)
    assert.deepEqual((await start()).state, await fresh())
  })

  it('is made while the ledger works, and used by the next start', async () => {
    const ledger = await openLedger({ folder, checkpointEvents: 50 })
    for (const event of events(1, 60)) await put(ledger, [event])
    const manifest = join(folder, 'checkpoint', 'manifest.json')
    for (let tries = 0; tries < 200 && !(await readFile(manifest).then(Boolean, () => false)); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50))
    const state = plain(ledger.head)
    await ledger.close()
    const found = await start()
    assert.ok((found.checkpoint?.position.seq ?? 0) >= 50)
    assert.deepEqual(found.state, state)
  })

  it('with any byte of it changed, any file cut or gone, is not used', async () => {
    await fill(1, 30)
    await make(job(60))
    const whole = await fresh()
    for (const name of await shardFiles()) {
      const path = join(folder, 'checkpoint', name)
      const data = await readFile(path)
      const step = Math.max(1, Math.floor(data.length / 150))
      for (let at = 0; at < data.length; at += step) {
        const bad = Buffer.from(data)
        bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8))
        await writeFile(path, bad)
        const read = await readCheckpoint(join(folder, 'checkpoint'))
        if (read !== undefined) assert.deepEqual((await start()).state, whole, `${name} at byte ${at}`)
      }
      for (const bad of [Buffer.alloc(0), data.subarray(0, data.length >> 1), Buffer.alloc(data.length)]) {
        await writeFile(path, bad)
        assert.equal(await readCheckpoint(join(folder, 'checkpoint')), undefined, name)
      }
      await rm(path)
      assert.equal(await readCheckpoint(join(folder, 'checkpoint')), undefined, name)
      await writeFile(path, data)
    }
    assert.notEqual(await readCheckpoint(join(folder, 'checkpoint')), undefined)
  })

  it('that is damaged is made anew and not built upon', async () => {
    await fill(1, 30)
    await make(job(40))
    const blocks = (await shardFiles()).find((name) => name.startsWith('blocks')) ?? ''
    await writeFile(join(folder, 'checkpoint', blocks), '[]')
    await make(job(40))
    const { checkpoint, state } = await start()
    assert.equal(checkpoint?.position.seq, 40)
    assert.deepEqual(state, await fresh())
  })

  it('of another ledger, or of a later state of this one, is not used', async () => {
    await fill(1, 10)
    await cp(folder, `${folder}-older`, { recursive: true })
    await fill(10, 30)
    await make(job(60))
    const later = join(folder, 'checkpoint')
    folder = `${folder}-older`
    await cp(later, join(folder, 'checkpoint'), { recursive: true })
    assert.deepEqual((await start()).state, await fresh())
    // The older ledger goes its own way, past the place where the checkpoint was made.
    await fill(50, 80)
    assert.deepEqual((await start()).state, await fresh())
  })

  it('beside which a newer ledger has lost all of its segments is not used', async () => {
    await fill(1, 10)
    await make(job(10))
    for (const name of await readdir(folder))
      if (name.endsWith('.jsonl')) await rm(join(folder, name), { force: true })
    assert.deepEqual((await start()).state, plain(emptyState()))
  })

  it('has no more than 10,000 blocks in one file, and writes only the files that changed', async () => {
    const state = emptyState()
    for (let block = 1; block <= 25_000; block += 1)
      fold(state, { seq: block, at: block, event: created(block), redacted: false })
    const position = { segment: 1, chain: 1, side: 1, seq: 25_000, hash: 'x' }
    await writeCheckpoint(folder, { state, position })
    const before = await readdir(folder)
    assert.equal(before.filter((name) => name.startsWith('blocks-')).length, 3)
    for (const name of before.filter((one) => one.startsWith('blocks-'))) {
      const blocks = JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown[]
      assert.ok(blocks.length <= 10_000, `${name} has ${blocks.length}`)
    }
    fold(state, { seq: 25_001, at: 25_001, event: released(24_999), redacted: false })
    await writeCheckpoint(folder, { state, position })
    const now = await readdir(folder)
    assert.equal(now.filter((name) => before.includes(name)).length, 4)
    assert.equal(now.length, before.length)
    assert.deepEqual(plain((await readCheckpoint(folder))?.state ?? emptyState()), plain(state))
  })

  it('holds very many ended blocks', async () => {
    const state = emptyState()
    for (let seq = 1; seq <= 150_000; seq += 1) state.ended.push(seq)
    const position = { segment: 1, chain: 1, side: 1, seq: 1, hash: 'x' }
    await writeCheckpoint(folder, { state, position })
    assert.equal((await readCheckpoint(folder))?.state.ended.length, 150_000)
  })

  it('holds nothing that was redacted, nor what has been ended for long', async () => {
    await fill(1, 12)
    await make(job(20))
    const ledger = await openLedger({ folder, checkpointEvents: 1 })
    const seqs: number[] = []
    for await (const { seq, event } of ledger.history())
      if ('block' in event && event.block === 3) seqs.push(seq)
    const redaction = ledger.redact(seqs, 't1')
    // Each of these would make a checkpoint.
    for (let block = 100; block < 120; block += 1) await put(ledger, [created(block)])
    await redaction
    for (const name of await readdir(folder, { recursive: true }))
      if (/json/.test(name))
        assert.doesNotMatch(await readFile(join(folder, name), 'utf8'), /analyst 3"/, name)
    await ledger.close()
    assert.deepEqual((await start()).state, await fresh())
    await make({ ...job(KEEP), now: Date.now() * 2, retainEndedMs: 0 })
    const { checkpoint } = await start()
    assert.deepEqual(checkpoint?.state.ended, [])
  })

  it('reads no further than it was told, whatever stands behind', async () => {
    await fill(1, 20)
    const { state, position } = await loadDurable(await folderFiles(folder), undefined, 10)
    assert.deepEqual([state.seq, position.seq], [10, 10])
  })
})
