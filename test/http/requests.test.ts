import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAtClocks } from '../../src/app/requests/watch-clocks.ts'
import { buildCalendar, type Calendar } from '../../src/calendar/calendar.ts'
import { dueOf } from '../../src/calendar/due.ts'
import { PLAIN_HOURS } from '../../src/calendar/plain-calendar.ts'
import { DEFAULT_TARGETS } from '../../src/calendar/service-target.ts'
import { type Json, list } from './face.ts'
import { DAY, Desk, HOUR } from './request-desk.ts'

describe('a request to lift a block', () => {
  it('is due within a working day, is denied with what is to be done, opened again and granted', async (t) => {
    const desk = await Desk.open(t)
    const block = await desk.block()
    const other = await desk.block({ reason: 'scans, too' })
    const request = await desk.file(block, { urgency: 'urgent' })
    assert.deepEqual([request['state'], request['turn'], request['kind']], ['open', 'site', 'unblock'])
    assert.equal(Number(request['id']), other + 1, 'requests and blocks share their numbers')
    assert.deepEqual(request['departments'], ['physics'])
    desk.near(request['due'], desk.due(1))
    const id = request['id']
    assert.equal((await desk.do(id, 'take', undefined)).json['state'], 'taken')
    const actions = ['change all passwords', 'scan the other disk']
    const denied = await desk.do(id, 'deny', { text: 'it still sends', actions })
    assert.deepEqual([denied.json['state'], denied.json['due']], ['denied', null])
    const again = await desk.post('/v1/requests', { block, text: 'please' }, desk.itss)
    assert.deepEqual([again.status, again.json['code']], [409, 'request-denied'])
    const opened = await desk.do(id, 'reopen', { text: 'both done' }, desk.itss)
    assert.equal(opened.json['state'], 'open', opened.text)
    desk.near(opened.json['due'], desk.due(1))
    const granted = await desk.do(id, 'grant', { text: 'thank you' })
    assert.equal(granted.json['state'], 'granted', granted.text)
    assert.deepEqual(
      list(granted.json['others']).map((one) => one['id']),
      [other],
      'what else holds the host is said',
    )
    const { blocks } = desk.client.app.ledger.head
    assert.deepEqual([blocks.get(block)?.ending, blocks.get(other)?.wanted], ['released', 'on'])
    const words = list((await desk.show(id, desk.itss))['words'])
    assert.deepEqual(
      words.map((word) => [word['what'], word['as'], word['name']]),
      [
        ['filed', 'department', 'Ines'],
        ['taken', 'site', 'Ann'],
        ['settled', 'site', 'Ann'],
        ['reopened', 'department', 'Ines'],
        ['settled', 'site', 'Ann'],
      ],
    )
    assert.deepEqual(words[2]?.['actions'], actions)
    const history = await desk.client.send('GET', `/v1/blocks/${block}/history`, { as: desk.itss })
    const types = list(history.json['events']).map((event) => String(event['type']))
    assert.deepEqual(
      types.filter((type) => type !== 'in-force' && type !== 'gone'),
      [
        ...['created', 'request-filed', 'request-taken', 'request-settled', 'request-reopened'],
        ...['request-settled', 'released'],
      ],
    )
  })

  it('that is granted puts its target on probation: the next block says that it is a repeat', async (t) => {
    const desk = await Desk.open(t)
    const first = await desk.block()
    const id = (await desk.file(first))['id']
    const shown = async (block: number): Promise<Json | undefined> =>
      (await desk.client.send('GET', `/v1/blocks/${block}`, { as: desk.itss })).json['repeats']
    await desk.do(id, 'grant', {})
    assert.equal(await shown(first), undefined, 'it is not its own repeat')
    const again = await desk.block()
    const repeats = await shown(again)
    assert.deepEqual([repeats?.['block'], repeats?.['request']], [first, id])
    assert.equal(await shown(await desk.block({ target: '10.10.1.8' })), undefined)
    await desk.post(`/v1/blocks/${again}:release`, { why: 'by hand' })
    desk.client.app.skip(14 * DAY)
    assert.equal(await shown(await desk.block()), undefined, 'probation is over')
  })

  it('has a clock that stands still while the department is asked, on record', async (t) => {
    const desk = await Desk.open(t)
    const { app } = desk.client
    const id = (await desk.file(await desk.block()))['id']
    const before = await desk.show(id)
    app.skip(2 * HOUR)
    const asked = await desk.do(id, 'say', { text: 'which disk?', actions: ['name it'] })
    assert.deepEqual(
      [asked.json['state'], asked.json['turn'], asked.json['due']],
      ['waiting', 'department', null],
    )
    app.skip(26 * HOUR)
    await lookAtClocks(app)
    assert.deepEqual((await desk.show(id))['reminded'], [], 'nobody is reminded of what is not their turn')
    const answered = await desk.do(id, 'say', { text: 'the second' }, desk.itss)
    assert.deepEqual([answered.json['state'], answered.json['turn']], ['open', 'site'])
    assert.equal(list(answered.json['pauses']).length, 1)
    // Of the eight hours six were left on Monday at 12:00; from Tuesday at 14:00 on they last until Wednesday at 12:00.
    const moved = Date.parse(String(answered.json['due'])) - Date.parse(String(before['due']))
    assert.ok(Math.abs(moved - 26 * HOUR) < 5_000, `${moved}`)
    const { calendar } = app.site
    const pauses = list(answered.json['pauses']).map((pause) => ({
      from: Date.parse(String(pause['from'])),
      to: Date.parse(String(pause['to'])),
    }))
    const { due } = dueOf(calendar, Date.parse(String(before['filedAt'])), DEFAULT_TARGETS.unblock, pauses)
    assert.equal(Date.parse(String(answered.json['due'])), due)
  })

  it('is reminded of before it is due, when it is, and when it is for long', async (t) => {
    const desk = await Desk.open(t)
    const { app } = desk.client
    const id = (await desk.file(await desk.block(), { urgency: 'urgent' }))['id']
    const reminded = async (hours: number): Promise<unknown> => {
      app.skip(hours * HOUR)
      await lookAtClocks(app)
      return (await desk.show(id))['reminded']
    }
    assert.deepEqual(await reminded(1.1), ['unacknowledged'])
    await desk.do(id, 'take', undefined)
    assert.deepEqual(await reminded(4.8), ['unacknowledged'], 'Monday, 15:54')
    assert.deepEqual(
      await reminded(0.2),
      ['unacknowledged', 'soon'],
      'two working hours before Tuesday, 10:00',
    )
    assert.deepEqual(await reminded(17.8), ['unacknowledged', 'soon'], 'Tuesday, 9:54')
    assert.deepEqual(await reminded(0.2), ['unacknowledged', 'soon', 'missed'])
    assert.equal((await desk.show(id))['late'], true)
    assert.deepEqual(await reminded(2), ['unacknowledged', 'soon', 'missed', 'escalated'])
    assert.deepEqual(await reminded(48), ['unacknowledged', 'soon', 'missed', 'escalated'], 'once each')
  })

  it('is due at another time when another calendar counts, and that is on record', async (t) => {
    const desk = await Desk.open(t)
    const { app } = desk.client
    const id = (await desk.file(await desk.block()))['id']
    const before = await desk.show(id)
    app.site.calendar = closedOn(app.clock.now() + DAY)
    await lookAtClocks(app)
    const after = await desk.show(id)
    assert.equal(Date.parse(String(after['due'])), Date.parse(String(before['due'])) + DAY)
    assert.notEqual(after['calendar'], before['calendar'])
    const audit = await desk.client.send('GET', `/v1/audit?kind=requests`)
    assert.equal(audit.status, 200, audit.text)
    const moved = list(audit.json['entries']).find((one) => String(one['type']) === 'request.due')
    assert.deepEqual([moved?.['before'], moved?.['due']], [before['due'], after['due']])
  })

  it('is settled by itself when the block ends otherwise', async (t) => {
    const desk = await Desk.open(t)
    const block = await desk.block()
    const id = (await desk.file(block))['id']
    await desk.post(`/v1/blocks/${block}:release`, { why: 'phone call' })
    assert.deepEqual((await desk.show(id))['state'], 'moot')
    const late = await desk.do(id, 'grant', {})
    assert.deepEqual([late.status, late.json['code']], [409, 'request-settled'])
    const opened = await desk.do(id, 'reopen', { text: 'again' }, desk.itss)
    assert.deepEqual([opened.status, opened.json['code']], [409, 'block-ended'])
  })

  it('is withdrawn by the department, and by nobody else', async (t) => {
    const desk = await Desk.open(t)
    const id = (await desk.file(await desk.block()))['id']
    const denied = await desk.do(id, 'withdraw', {})
    assert.deepEqual([denied.status, denied.json['code']], [403, 'not-your-turn'])
    assert.equal((await desk.do(id, 'withdraw', { text: 'not ours' }, desk.itss)).json['state'], 'withdrawn')
  })

  it('tells plainly what cannot be', async (t) => {
    const desk = await Desk.open(t)
    const block = await desk.block()
    const refusal = async (body: object, as = desk.itss): Promise<unknown[]> => {
      const { status, json } = await desk.post('/v1/requests', body, as)
      return [status, json['code']]
    }
    assert.deepEqual(await refusal({ block: 999, text: 'x' }), [404, 'not-found'])
    assert.deepEqual(await refusal({ block, text: '' }), [400, 'invalid'])
    assert.deepEqual(await refusal({ block, text: 'x', extra: 1 }), [400, 'invalid'])
    const laws = await desk.block({ target: '10.10.2.9' })
    assert.deepEqual(await refusal({ block: laws, text: 'x' }), [404, 'not-found'], 'not of this department')
    const id = (await desk.file(block))['id']
    assert.deepEqual(await refusal({ block, text: 'x' }), [409, 'request-open'])
    const grant = await desk.do(id, 'grant', {}, desk.itss)
    assert.deepEqual([grant.status, grant.json['code']], [403, 'forbidden'])
    const take = await desk.do(id, 'take', undefined, desk.itss)
    assert.deepEqual([take.status, take.json['code']], [403, 'not-your-turn'])
    const deny = await desk.do(id, 'deny', { text: 'no', actions: [] })
    assert.deepEqual([deny.status, deny.json['code']], [400, 'invalid'])
    const lawyer = await desk.client.app.person('Lou', ['itss'], ['law'])
    assert.equal((await desk.client.send('GET', `/v1/requests/${String(id)}`, { as: lawyer })).status, 404)
    const seen = await desk.client.send('GET', '/v1/requests', { as: lawyer })
    assert.deepEqual(list(seen.json['requests']), [])
    const closed = await desk.do(id, 'close', { how: 'received' })
    assert.deepEqual([closed.status, closed.json['code']], [409, 'wrong-kind'])
  })
})

describe('a request for logs', () => {
  const SPAN = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T02:00:00Z' }
  const NAT = { of: 'nat', about: '192.0.2.7', ...SPAN }

  it('runs for the department, stands still while the security team looks, and ends when the logs came', async (t) => {
    const desk = await Desk.open(t)
    const asked = { departments: ['physics'], logs: NAT, text: 'who had port 40123?', urgency: 'important' }
    const filed = await desk.post('/v1/requests:logs', asked)
    assert.equal(filed.status, 200, filed.text)
    const { id, turn, due } = filed.json as unknown as { id: Json; turn: string; due: string }
    assert.equal(turn, 'department')
    const four = new Date(desk.client.app.clock.now() + 4 * HOUR).toISOString()
    desk.near(due as unknown as Json, four)
    const taken = await desk.do(id, 'take', undefined, desk.itss)
    assert.equal(taken.json['state'], 'taken', taken.text)
    const sent = await desk.do(id, 'say', { text: 'they are on the share' }, desk.itss)
    assert.deepEqual([sent.json['state'], sent.json['due']], ['waiting', null])
    const closed = await desk.do(id, 'close', { how: 'received', text: 'thanks' })
    assert.equal(closed.json['state'], 'received')
  })

  it('is not for others to see, nor for the department to close', async (t) => {
    const desk = await Desk.open(t)
    const filed = await desk.post('/v1/requests:logs', { departments: ['law'], logs: NAT, text: 'x' })
    assert.equal(
      (await desk.client.send('GET', `/v1/requests/${String(filed.json['id'])}`, { as: desk.itss })).status,
      404,
    )
    const own = await desk.post('/v1/requests:logs', { departments: ['physics'], logs: NAT, text: 'x' })
    const closed = await desk.do(own.json['id'], 'close', { how: 'received' }, desk.itss)
    assert.deepEqual([closed.status, closed.json['code']], [403, 'forbidden'])
    const backwards = { departments: ['physics'], logs: { ...NAT, to: '2025-12-31T00:00:00Z' }, text: 'x' }
    assert.equal((await desk.post('/v1/requests:logs', backwards)).status, 400)
    const granted = await desk.do(own.json['id'], 'grant', {})
    assert.deepEqual([granted.status, granted.json['code']], [409, 'wrong-kind'])
    const unknown = await desk.post('/v1/requests:logs', { departments: ['arts'], logs: NAT, text: 'x' })
    assert.deepEqual([unknown.status, unknown.json['code']], [400, 'invalid'])
  })
})

/** The plain calendar with one more day closed. */
function closedOn(at: number): Calendar {
  const day = new Date(at).toISOString().slice(0, 10)
  return buildCalendar({ ...PLAIN_HOURS, closures: [{ from: day, to: day, name: 'a late holiday' }] })
}
