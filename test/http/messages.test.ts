import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { type Json, list, startFace } from './face.ts'
import { startOutgoing, writeDown } from './outgoing.ts'

const SOON = 10_000
const idsOf = (json: Json): number[] => list(json['messages']).map(({ id }) => Number(id))

describe('what waits to be sent, and what could not be', () => {
  it('is listed with the oldest first, by pages, and those that are dead alone', async (t) => {
    const { app, send } = await startFace(t)
    await writeDown(app, 7, [2, 5, 6])
    const seen: number[] = []
    let next: Json | undefined
    do {
      const page = await send(
        'GET',
        `/v1/messages?limit=3${next === undefined ? '' : `&after=${String(next)}`}`,
      )
      assert.equal(page.status, 200, page.text)
      seen.push(...idsOf(page.json))
      next = page.json['next']
    } while (next !== undefined)
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7])
    const first = await send('GET', '/v1/messages?dead=true&limit=2')
    assert.deepEqual([idsOf(first.json), first.json['next']], [[2, 5], 5])
    const rest = await send('GET', '/v1/messages?dead=true&limit=2&after=5')
    assert.deepEqual([idsOf(rest.json), rest.json['next']], [[6], undefined])
    const none = await send('GET', '/v1/messages?after=7')
    assert.deepEqual([idsOf(none.json), none.json['next']], [[], undefined])
  })

  it('says how much is still to be written down, for whom', async (t) => {
    const { app, send } = await startFace(t)
    const notice = { to: 'itss:physics', what: 'block.began', seq: 1, block: 1 } as const
    const event = { type: 'outbox.noted', upTo: 1, notices: [notice] } as const
    await app.ledger.commit(() => ({ events: [event], answer: undefined }), { bytes: 1_024, always: false })
    const { json } = await send('GET', '/v1/messages')
    assert.deepEqual(json['pending'], [{ to: 'itss:physics', notices: 1 }])
  })

  it('is shown with what the server has said, and goes out when a person lets it be tried again', async (t) => {
    const { client, smtp, refused } = await startOutgoing(t)
    const { id, dead } = await refused('10.10.1.7')
    assert.match(String(dead?.['words']), /we do not like you/)
    const shown = await client.send('GET', `/v1/messages/${String(id)}`)
    assert.equal(shown.status, 200, shown.text)
    assert.deepEqual([shown.json['to'], shown.json['by']], ['itss:physics', 'mail'])
    assert.match(String(shown.json['letter']?.['text']), /sends spam/)
    assert.equal(smtp.mails.length, 0)
    const again = await client.send('POST', `/v1/messages/${String(id)}:again`)
    assert.equal(again.status, 204, again.text)
    await eventually('it is sent', SOON, () => smtp.mails.length === 1)
    await eventually('it is gone from the list', SOON, async () => {
      const { status } = await client.send('GET', `/v1/messages/${String(id)}`)
      return status === 404
    })
  })

  it('is let go of, on record, and never sent', async (t) => {
    const { client, smtp, refused } = await startOutgoing(t)
    const { id } = await refused('10.10.1.7')
    const drop = await client.send('POST', `/v1/messages/${String(id)}:drop`)
    assert.equal(drop.status, 204, drop.text)
    const twice = await client.send('POST', `/v1/messages/${String(id)}:drop`)
    assert.deepEqual([twice.status, twice.json['code']], [404, 'not-found'])
    await client.block({ target: '10.10.2.7', reason: 'scans', duration: '1h' })
    await eventually('what comes later is sent', SOON, () => smtp.mails.length === 1)
    assert.ok(!smtp.mails[0]?.raw.includes('10.10.1.7'))
    const audit = await client.send('GET', '/v1/audit?kind=messages')
    assert.equal(audit.status, 200, audit.text)
    const dropped = list(audit.json['entries']).find((entry) => String(entry['type']) === 'message.dropped')
    assert.equal(dropped?.['message'], id)
  })

  it('is left alone while it waits: it is tried by itself', async (t) => {
    const { app, send } = await startFace(t)
    await writeDown(app, 1, [])
    for (const verb of ['again', 'drop']) {
      const { status, json } = await send('POST', `/v1/messages/1:${verb}`)
      assert.deepEqual([status, json['code']], [409, 'message-waits'], verb)
    }
    assert.deepEqual(idsOf((await send('GET', '/v1/messages')).json), [1])
  })
})

describe('messages are not for everybody', () => {
  const ROUTES = [
    ['GET', '/v1/messages', 'messages:read'],
    ['GET', '/v1/messages/1', 'messages:read'],
    ['POST', '/v1/messages/1:again', 'messages:write'],
    ['POST', '/v1/messages/1:drop', 'messages:write'],
  ] as const

  it('who lacks the right is told which one', async (t) => {
    const { app, send } = await startFace(t)
    await writeDown(app, 1, [1])
    const reader = await app.token(['messages:read'])
    for (const [method, url, right] of ROUTES)
      for (const as of [await app.person('Vera', ['viewer']), await app.machine({ roles: ['mailer'] })]) {
        const { status, json } = await send(method, url, { as })
        assert.deepEqual([status, json['code']], [403, 'forbidden'], url)
        assert.match(String(json['detail']), new RegExp(right), url)
      }
    assert.equal((await send('GET', '/v1/messages/1', { as: reader })).status, 200)
    assert.equal((await send('POST', '/v1/messages/1:drop', { as: reader })).status, 403)
    assert.equal(app.ledger.head.messages.size, 1)
  })

  it('who is bound to departments sees and does nothing, with whatever right', async (t) => {
    const { app, send } = await startFace(t)
    await writeDown(app, 1, [1])
    const bound = await app.person('Ann', ['analyst'], ['physics'])
    for (const [method, url] of ROUTES) {
      const { status, json, text } = await send(method, url, { as: bound })
      assert.deepEqual([status, json['code']], [403, 'forbidden'], url)
      assert.match(text, /bound to physics/)
    }
    assert.equal(app.ledger.head.messages.size, 1)
  })
})

describe('what is asked wrongly is refused', () => {
  it('a number that nothing has', async (t) => {
    const { send } = await startFace(t)
    for (const [method, url] of [
      ['GET', '/v1/messages/9'],
      ['POST', '/v1/messages/9:again'],
      ['POST', '/v1/messages/9:drop'],
    ] as const) {
      const { status, json } = await send(method, url)
      assert.deepEqual([status, json['code']], [404, 'not-found'], url)
    }
  })

  for (const query of ['limit=0', 'limit=501', 'limit=many', 'after=-1', 'dead=perhaps', 'live=true'])
    it(`a filter such as ${query}`, async (t) => {
      const { send } = await startFace(t)
      const { status, json } = await send('GET', `/v1/messages?${query}`)
      assert.deepEqual([status, json['code']], [400, 'invalid'])
      assert.match(String(json['detail']), new RegExp(query.split('=')[0] ?? ''))
    })
})
