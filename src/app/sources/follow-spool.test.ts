import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { eventually } from '../../../simulator/eventually.ts'
import { makeApp, type TestApp } from '../../../test/helpers/app.ts'
import { fillingDisk } from '../../../test/helpers/filling-disk.ts'
import { readPolicies } from '../../config/read-policies.ts'
import { LedgerFull } from '../../ledger/ledger.ts'
import type { SpoolSource } from '../../triggers/source.ts'
import { authenticate, revokeToken } from '../tokens.ts'
import type { SourceStatus } from './board.ts'
import { type Following, followSources } from './follow-sources.ts'

const SHIPPED = new URL('../../../policies/rules', import.meta.url).pathname
const SOON_MS = 15_000
const FLOOD = {
  Format: 'IDEA0',
  ID: '4f1c',
  DetectTime: '2026-01-01T00:00:00Z',
  Category: ['Availability.DDoS'],
  Source: [{ IP4: ['198.51.100.7'], Proto: ['udp', 'ntp'], Port: [123] }],
  Target: [{ IP4: ['192.0.2.80'], Proto: ['udp'] }],
}

describe('a folder that Cordon follows', () => {
  let app: TestApp
  let place: string
  let source: SpoolSource
  let following: Following | undefined
  let disk: { full: boolean }

  const follow = (): void => {
    following = followSources(app, [source], { secret: async () => '', userAgent: 'cordon/test' })
  }
  const status = (): SourceStatus => {
    const [only] = app.sources.all
    assert.ok(only !== undefined)
    return only
  }
  /** As Warden's filer does it. */
  const file = async (name: string, record: unknown): Promise<void> => {
    await mkdir(join(source.folder, 'tmp'), { recursive: true })
    await mkdir(join(source.folder, 'incoming'), { recursive: true })
    await writeFile(join(source.folder, 'tmp', name), JSON.stringify(record))
    await rename(join(source.folder, 'tmp', name), join(source.folder, 'incoming', name))
  }
  /** By name: a file may move from the one folder to the other between the two looks, and is still one. */
  const waiting = async (): Promise<string[]> => {
    const incoming = await readdir(join(source.folder, 'incoming'))
    const inHand = await readdir(join(source.folder, 'temp'))
    return [...new Set([...incoming, ...inHand])].sort()
  }
  /** What is taken is durable first, and its file goes then. */
  const nothingWaits = () => eventually('all are gone', SOON_MS, async () => (await waiting()).length === 0)
  const isNow = (state: SourceStatus['state'], why?: RegExp) =>
    eventually(`the source is ${state}: ${why?.source ?? ''}`, SOON_MS, () => {
      return status().state === state && (why === undefined || why.test(status().why ?? ''))
    })
  /** Nothing is left but what releases need. */
  const fill = async (): Promise<void> => {
    for (const size of [200_000, 2_000, 1])
      for (let at = 0; at < 10_000; at += 1) {
        const made = app.machine({ name: 'x'.repeat(size) })
        if (
          await made.then(
            () => false,
            (error: unknown) => error instanceof LedgerFull,
          )
        )
          break
      }
  }
  const blocks = () => [...app.ledger.head.blocks.values()].length
  const takes = (count: number) => eventually(`${count} are taken`, SOON_MS, () => status().taken === count)

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'cordon-follow-'))
    const folder = join(place, 'spool')
    source = { name: 'warden', kind: 'spool', token: 'a trigger', folder, format: 'idea' }
    disk = { full: false }
    const policies = (await readPolicies(SHIPPED)).map(({ policy }) => policy)
    app = await makeApp({
      policies,
      sources: [source],
      files: (of) => fillingDisk(of, disk),
    })
  })
  afterEach(async () => {
    await following?.close()
    following = undefined
    await app.close()
    await rm(place, { recursive: true, force: true })
  })

  it('is emptied: what is a detection of ours becomes blocks', async () => {
    await app.machine()
    await file('1.idea', FLOOD)
    follow()
    await takes(2)
    await isNow('following')
    assert.ok(blocks() > 0)
    await file('2.idea', { ...FLOOD, ID: 'x', Target: [{ IP4: ['203.0.113.5'] }] })
    await eventually('one is ignored', SOON_MS, () => status().ignored === 1)
    assert.match(status().lately[0]?.why ?? '', /nobody of ours/)
    await nothingWaits()
  })

  it('has records that cannot be read put aside, with the reason, and the others go on', async () => {
    await app.machine()
    await file('1.idea', { ...FLOOD, Format: 'IDEA1' })
    await file('2.idea', FLOOD)
    follow()
    await takes(2)
    await eventually('it is put aside', SOON_MS, () => status().refused === 1)
    const errors = join(source.folder, 'errors')
    assert.deepEqual((await readdir(errors)).sort(), ['1.idea', '1.idea.why'])
    assert.match(await readFile(join(errors, '1.idea.why'), 'utf8'), /Format/)
    assert.deepEqual([status().lately[0]?.what], ['1.idea'])
  })

  it('waits for its token, and says so', async () => {
    await file('1.idea', FLOOD)
    follow()
    await isNow('waiting', /needs the token a trigger: there is none/)
    assert.deepEqual(await waiting(), ['1.idea'])
    const secret = await app.machine()
    await takes(2)
    await isNow('following')
    await nothingWaits()
    await revokeToken(app, authenticate(app, await app.root()), authenticate(app, secret).token.id)
    await file('2.idea', { ...FLOOD, ID: 'y' })
    await isNow('waiting', /it is revoked/)
    assert.deepEqual(await waiting(), ['2.idea'])
  })

  it('waits while the disk of the ledger is full', async () => {
    await app.machine()
    disk.full = true
    await fill()
    await file('1.idea', FLOOD)
    follow()
    await isNow('waiting', /disk of the ledger is full/)
    assert.deepEqual(await waiting(), ['1.idea'])
    assert.equal(blocks(), 0)
    disk.full = false
    await takes(2)
    await isNow('following')
  })

  it('waits while too many others wait', async () => {
    await app.machine()
    const leave = app.triggers.queue.enter(10_000)
    await file('1.idea', FLOOD)
    follow()
    await isNow('waiting', /too many triggers wait/)
    leave?.()
    await takes(2)
  })

  it('says that it cannot be followed', async () => {
    await app.machine()
    await writeFile(source.folder, 'no folder')
    follow()
    await isNow('failed', /spool/)
  })
})
