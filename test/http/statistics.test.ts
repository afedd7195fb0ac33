import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatisticsBook } from '../../src/app/statistics/book.ts'
import type { LedgerEvent } from '../../src/ledger/events.ts'
import { created, released } from '../helpers/events.ts'
import { put } from '../helpers/test-ledger.ts'
import { type Json, list, SCANNER, startFace } from './face.ts'

const HOST = { reason: 'test', duration: '1h', direction: 'to' }
const MONTH = 31 * 86_400_000

function began(row: Json | undefined): unknown {
  return row?.['blocks']?.['began']
}

test('figures are told as they come, whole and apart, and no target is in them', async (t) => {
  const { send, block } = await startFace(t)
  const empty = await send('GET', '/v1/statistics')
  assert.deepEqual([empty.status, began(empty.json['total'])], [200, 0])
  await block({ ...HOST, target: '10.10.1.7' }, { headers: { prefer: 'wait=10' } })
  await block({ ...HOST, target: '10.10.2.7' })
  await block({ ...HOST, target: '10.10.0.0/22' })
  await block(SCANNER)
  assert.equal((await send('DELETE', '/v1/blocks/4')).status, 200)
  const { json, text } = await send('GET', '/v1/statistics?by=department&step=day')
  assert.deepEqual(
    list(json['rows']).map((row) => [row['group'], began(row), row['blocks']?.['proposed']]),
    [
      ['law', 1, 1],
      ['physics', 1, 1],
      [null, 1, 0],
    ],
  )
  assert.deepEqual([began(json['total']), json['total']?.['blocks']?.['proposed']], [3, 1])
  assert.equal(json['total']?.['blocks']?.['ended']?.['released'], 1)
  assert.doesNotMatch(text, /10\.10|203\.0|reason/)
  for (const by of ['category', 'origin', 'target', 'policy', 'action']) {
    const { json: apart } = await send('GET', `/v1/statistics?by=${by}`)
    assert.equal(
      list(apart['rows']).reduce((sum, row) => sum + Number(began(row)), 0),
      3,
      by,
    )
  }
})

test('a series has a row for each day, also for those on which nothing was', async (t) => {
  const { send, app } = await startFace(t)
  const today = new Date(app.clock.now()).toISOString().slice(0, 10)
  const { json } = await send('GET', '/v1/statistics?step=day')
  const rows = list(json['rows'])
  assert.deepEqual([rows.length, rows.at(-1)?.['from'], rows.at(-1)?.['to']], [30, today, today])
  const weeks = await send('GET', '/v1/statistics?from=2026-01-01&to=2026-01-31&step=week')
  assert.deepEqual(
    list(weeks.json['rows']).map((row) => [row['from'], row['to']]),
    [
      ['2026-01-01', '2026-01-04'],
      ['2026-01-05', '2026-01-11'],
      ['2026-01-12', '2026-01-18'],
      ['2026-01-19', '2026-01-25'],
      ['2026-01-26', '2026-01-31'],
    ],
  )
  for (const [query, code] of [
    ['from=2026-02-30', 'calendar-day'],
    ['from=2026-02-02&to=2026-02-01', 'calendar-range'],
    ['from=2020-02-02&to=2026-02-01&step=day', 'calendar-range'],
    ['by=reason', 'invalid'],
  ]) {
    const wrong = await send('GET', `/v1/statistics?${query}`)
    assert.deepEqual([wrong.status, String(wrong.json['code'])], [400, code])
  }
})

test('CSV has a column for each number and a line for each row', async (t) => {
  const { send, block } = await startFace(t)
  const empty = await send('GET', '/v1/statistics?by=department&format=csv')
  await block({ ...HOST, target: '10.10.1.7' })
  const { text, headers } = await send('GET', '/v1/statistics?by=department&format=csv')
  assert.match(String(headers['content-type']), /^text\/csv/)
  const [names = '', line = '', end] = text.split('\r\n')
  assert.equal(empty.text, `${names}\r\n`)
  assert.match(names, /^from,to,group,blocks\.began,/)
  assert.match(names, /blocks\.enforce\.p50Ms/)
  assert.match(line, /,physics,1,/)
  assert.equal(line.split(',').length, names.split(',').length)
  assert.equal(end, '')
})

test('an ITSS is told of their departments alone', async (t) => {
  const { send, block, app } = await startFace(t)
  const itss = await app.person('Ines', ['itss'], ['physics'])
  await block({ ...HOST, target: '10.10.1.7' })
  await block({ ...HOST, target: '10.10.2.7' })
  await block({ ...HOST, target: '10.10.0.0/22' })
  await block(SCANNER)
  for (const query of ['', '?by=department', '?by=policy&step=day']) {
    const { json } = await send('GET', `/v1/statistics${query}`, { as: itss })
    assert.deepEqual([json['departments'], began(json['total'])], [['physics'], 1])
    assert.deepEqual([json['total']?.['triggers'], json['total']?.['messages']], [undefined, undefined])
    assert.doesNotMatch(JSON.stringify(json), /law/)
  }
})

test('who asks while the ledger is read misses nothing, and asking again reads nothing', async (t) => {
  const { app } = await startFace(t)
  let reads = 0
  const source = {
    settled: () => app.ledger.settled(),
    onDurable: app.ledger.onDurable.bind(app.ledger),
    history: () => {
      reads += 1
      return app.ledger.history()
    },
  }
  const { nextBlock } = app.ledger.head
  const some = (from: number): LedgerEvent[] =>
    Array.from({ length: 500 }, (_, index) => created(nextBlock + from + index))
  await put(app.ledger, some(0))
  const book = new StatisticsBook(source, app.clock)
  const [fold] = await Promise.all([book.now(), put(app.ledger, some(500))])
  await put(app.ledger, [released(nextBlock)])
  const [again, anew] = [await book.now(), await new StatisticsBook(app.ledger, app.clock).now()]
  assert.deepEqual([again === fold, reads, again.seq], [true, 1, app.ledger.head.seq])
  const days = (of: typeof again) => JSON.stringify([...of.tally.days.values()].map((day) => [...day.blocks]))
  assert.equal(days(again), days(anew))
})

test('the public form has whole months that are over, and withholds what is small', async (t) => {
  const { send, app } = await startFace(t, { statistics: { departmentUsers: 100 } })
  const { nextBlock } = app.ledger.head
  const made = (count: number, from: number, department: string): LedgerEvent[] =>
    Array.from({ length: count }, (_, index) =>
      created(nextBlock + from + index, { departments: [department], policy: 'secret/policy' }),
    )
  const month = new Date(app.clock.now()).toISOString().slice(0, 7)
  await put(app.ledger, [...made(20, 0, 'physics'), ...made(3, 20, 'law')])
  app.skip(MONTH)
  const { json, text } = await send('GET', '/v1/statistics/public')
  const told = list(json['months']).find((one) => String(one['month']) === month)?.['blocks']
  assert.equal(list(json['months']).length, 12)
  assert.equal(began({ blocks: told } as unknown as Json), 23)
  // Law has fewer users than may be told of; with it alone, physics could be told from the whole.
  assert.deepEqual(told?.['by']?.['department'], [
    { name: 'physics', began: null },
    { name: null, began: null },
  ])
  assert.doesNotMatch(text, /law|secret|198\.18/)
  const csv = await send('GET', '/v1/statistics/public?format=csv')
  assert.match(csv.text, new RegExp(`\r\n${month},blocks\\.began,,23\r\n`))
  assert.match(csv.text, new RegExp(`\r\n${month},blocks\\.by\\.department,physics,withheld\r\n`))
  const now = new Date(app.clock.now()).toISOString().slice(0, 7)
  assert.ok(!text.includes(now))
})

test('the public form needs a token, unless the site says that it needs none', async (t) => {
  const closed = await startFace(t)
  assert.equal((await closed.send('GET', '/v1/statistics/public', { as: null })).status, 401)
  const open = await startFace(t, { statistics: { open: true } })
  assert.equal((await open.send('GET', '/v1/statistics/public', { as: null })).status, 200)
  assert.equal((await open.send('GET', '/v1/statistics', { as: null })).status, 401)
})
