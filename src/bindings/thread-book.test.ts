import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { SILENT } from '../domain/log.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { BindingsUnavailable } from '../inventory/binding-book.ts'
import { steadyClock } from '../obs/clock.ts'
import { ThreadBook } from './thread-book.ts'

const ADDRESS = parsePrefix('192.0.2.7')
const DAY = 86_400_000
const PC = '02:00:5e:10:00:01'

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-bindings-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'bindings')
}

function bookIn(t: TestContext, folder: string): ThreadBook {
  const book = new ThreadBook({ folder, keep: 30 * DAY, clock: steadyClock(), log: SILENT })
  t.after(() => book.close())
  return book
}

const take = (book: ThreadBook) =>
  book.take({
    text: `address,from,until,mac\n192.0.2.7,2026-11-22T08:00:00Z,,${PC}`,
    format: 'csv',
    source: 'dhcp',
    takeRest: false,
  })
const who = async (book: ThreadBook): Promise<string[]> =>
  (await book.at({ address: ADDRESS, time: Date.parse('2026-11-22T09:00:00Z'), error: 0 })).map(
    ({ mac = '' }) => mac,
  )

test('answers from its thread, and after a start from its files', async (t) => {
  const folder = await folderOf(t)
  const book = bookIn(t, folder)
  assert.deepEqual([await who(book), await book.size()], [[], 0])
  assert.equal((await take(book)).bindings, 1)
  assert.deepEqual([await who(book), await book.size()], [[PC], 1])
  await book.close()
  assert.deepEqual(await who(bookIn(t, folder)), [PC])
})

test('cannot tell while a file is damaged, says which, and can once it is taken away', async (t) => {
  const folder = await folderOf(t)
  const first = bookIn(t, folder)
  await take(first)
  await first.close()
  const name = (await readdir(folder)).find((one) => one.endsWith('.bindings')) ?? ''
  await writeFile(join(folder, name), 'nonsense')
  const book = bookIn(t, folder)
  await assert.rejects(
    who(book),
    (error) => error instanceof BindingsUnavailable && error.message.includes(name),
  )
  await rm(join(folder, name))
  await eventually('it to be started again', 20_000, () =>
    who(book).then(
      (found) => found.length === 0,
      () => false,
    ),
  )
})

test('whoever waits when it is closed is told', async (t) => {
  const book = bookIn(t, await folderOf(t))
  const waiting = assert.rejects(take(book), BindingsUnavailable)
  await book.close()
  await waiting
  await assert.rejects(take(book), BindingsUnavailable)
})

test('a folder that another controller has is left alone, and said so', async (t) => {
  const folder = await folderOf(t)
  const first = bookIn(t, folder)
  await take(first)
  const second = bookIn(t, folder)
  const inUse = (error: unknown) =>
    error instanceof BindingsUnavailable &&
    /in use by another controller.*bindings\.folder/.test(error.message)
  await assert.rejects(who(second), inUse)
  await assert.rejects(take(second), inUse)
  assert.deepEqual(await who(first), [PC])
})
