import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Json, list } from './face.ts'
import { Desk } from './request-desk.ts'

describe('a block that something is asked about', () => {
  const LOGS = { of: 'nat', about: '192.0.2.7', from: '2026-01-01T00:00:00Z', to: '2026-01-01T02:00:00Z' }

  it('names the requests that the caller may see, wherever it is told of', async (t) => {
    const desk = await Desk.open(t)
    const { client } = desk
    const [block, other] = [await desk.block(), await desk.block({ reason: 'scans, too' })]
    const filed = await desk.file(block)
    const asked = await desk.post('/v1/requests:logs', {
      ...{ departments: ['law'], logs: LOGS, text: 'whose flows?', block },
    })
    const brief = {
      ...{ id: filed['id'], name: filed['name'], kind: 'unblock', state: 'open', due: filed['due'] },
    }
    const requestsOf = async (path: string, as: string): Promise<Json | undefined> =>
      (await client.send('GET', path, { as })).json['requests']
    assert.deepEqual(await requestsOf(`/v1/blocks/${block}`, desk.itss), [brief], 'law is not of theirs')
    const all = list(await requestsOf(`/v1/blocks/${block}`, desk.analyst))
    assert.deepEqual(
      all.map((one) => [one['id'], one['kind'], one['state']]),
      [
        [filed['id'], 'unblock', 'open'],
        [asked.json['id'], 'logs', 'open'],
      ],
    )
    assert.equal(await requestsOf(`/v1/blocks/${other}`, desk.itss), undefined)
    const listed = list((await client.send('GET', '/v1/blocks', { as: desk.itss })).json['blocks'])
    assert.deepEqual(
      listed.map((one) => one['requests']),
      [undefined, [brief]],
    )
    const found = await client.send('GET', '/v1/explain?target=10.10.1.7', { as: desk.itss })
    assert.deepEqual(list(found.json['active'])[0]?.['requests'], [brief])
    const machine = await client.app.token(['blocks:read'], 'automatic')
    assert.equal(await requestsOf(`/v1/blocks/${block}`, machine), undefined, 'without requests:read')
  })

  it('keeps from its history what others are asked, and names who spoke', async (t) => {
    const desk = await Desk.open(t)
    const block = await desk.block()
    const own = (await desk.file(block))['id']
    const asked = await desk.post('/v1/requests:logs', {
      ...{ departments: ['law'], logs: LOGS, text: 'whose flows?', block },
    })
    await desk.do(asked.json['id'], 'close', { how: 'dropped', text: 'found elsewhere' })
    const told = async (as: string): Promise<unknown[][]> => {
      const { json } = await desk.client.send('GET', `/v1/blocks/${block}/history`, { as })
      const events = list(json['events']).filter((event) => event['request'] !== undefined)
      return events.map((event) => [event['type'], event['request'], event['name']])
    }
    assert.deepEqual(await told(desk.itss), [['request-filed', own, 'Ines']])
    assert.deepEqual(await told(desk.analyst), [
      ['request-filed', own, 'Ines'],
      ['request-filed', asked.json['id'], 'Ann'],
      ['request-settled', asked.json['id'], 'Ann'],
    ])
  })

  it('is told from a request where one is taken for the other', async (t) => {
    const desk = await Desk.open(t)
    const block = await desk.block()
    const id = (await desk.file(block))['id']
    const hidden = await desk.post('/v1/requests:logs', { departments: ['law'], logs: LOGS, text: 'x' })
    const laws = await desk.block({ target: '10.10.2.9' })
    const words = async (path: string): Promise<unknown[]> => {
      const { status, json } = await desk.client.send('GET', path, { as: desk.itss })
      return [status, json['code'], json['detail']]
    }
    const [request, other] = [String(id), String(hidden.json['id'])]
    assert.deepEqual(await words(`/v1/blocks/${request}`), [
      ...[404, 'not-found'],
      `Cordon#${request} is a request and no block; look with: cordon requests show ${request}`,
    ])
    assert.deepEqual(await words(`/v1/requests/${block}`), [
      ...[404, 'not-found'],
      `Cordon#${block} is a block and no request; look with: cordon show ${block}`,
    ])
    const filed = await desk.post('/v1/requests', { block: Number(id), text: 'x' }, desk.itss)
    assert.match(String(filed.json['detail']), /is a request and no block/)
    assert.deepEqual(await words(`/v1/blocks/${other}`), [404, 'not-found', `there is no block ${other}`])
    assert.deepEqual(await words(`/v1/requests/${laws}`), [404, 'not-found', `there is no request ${laws}`])
  })
})

describe('a list of requests', () => {
  it('has the targets of their blocks, where those may be seen', async (t) => {
    const desk = await Desk.open(t)
    await desk.file(await desk.block())
    const { json } = await desk.client.send('GET', '/v1/requests', { as: desk.itss })
    assert.equal(list(json['requests'])[0]?.['target'], '10.10.1.7/32')
  })
})
