import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryAdapter } from '../../adapters/memory/index.ts'
import { ACCOUNT_PLACEMENTS, withAccounts } from '../helpers/campus-accounts.ts'
import { list, startFace } from './face.ts'

const STATION = '02:00:5e:10:00:07'

describe('accounts and stations by the API', () => {
  const options = () => ({ site: withAccounts(createMemoryAdapter()), placements: ACCOUNT_PLACEMENTS })

  it('a block of an account is made, found by it, explained, and stands in the audit of it', async (t) => {
    const client = await startFace(t, options())
    const plan = await client.send('POST', '/v1/blocks?dryRun=true', {
      body: { target: 'Alice@Campus.example', reason: 'phished', duration: '1h' },
    })
    assert.equal(plan.status, 200, plan.text)
    assert.deepEqual(
      [plan.json['target'], plan.json['action'], (plan.json['radius'] as { accounts?: unknown }).accounts],
      ['alice@campus.example', 'suspend', ['alice@campus.example']],
    )
    const made = await client.block({ target: 'Alice@Campus.example', reason: 'phished', duration: '1h' })
    assert.deepEqual([made.json['target'], made.json['direction']], ['alice@campus.example', 'both'])
    const about = encodeURIComponent('ALICE@campus.example')
    const found = await client.send('GET', `/v1/blocks?target=${about}`)
    assert.deepEqual(
      list(found.json['blocks']).map((one) => one['id']),
      [made.json['id']],
    )
    const why = await client.send('GET', `/v1/explain?target=${about}`)
    assert.deepEqual([why.json['own'], why.json['departments']], [true, ['physics']])
    assert.match(String(why.json['summary']), /1 active block affects alice@campus\.example/)
    const audit = await client.send('GET', `/v1/audit?kind=blocks&target=${about}`)
    assert.ok(list(audit.json['entries']).some((one) => String(one['type']) === 'block.created'))
    const other = await client.send('GET', '/v1/audit?kind=blocks&target=bob%40campus.example')
    assert.deepEqual(list(other.json['entries']), [])
  })

  it('says which station goes along with a host, and in which quarantine a station is', async (t) => {
    const client = await startFace(t, options())
    const from = new Date(client.app.clock.now() - 60_000).toISOString()
    await client.app.leases.book.take({
      text: `address,mac,user,from,until\n10.10.1.7,${STATION},,${from},`,
      ...{ format: 'csv', source: 'test', takeRest: false },
    })
    const host = await client.block({ target: '10.10.1.7', reason: 'bot', duration: '1h', quarantine: true })
    assert.deepEqual(host.json['stations'], [STATION])
    const station = await client.block({ target: '02-00-5E-10-00-08', reason: 'scans', duration: '1h' })
    assert.deepEqual([station.json['target'], station.json['action']], ['02:00:5e:10:00:08', 'quarantine'])
  })

  it('says what is wrong with its field', async (t) => {
    const client = await startFace(t, options())
    for (const [body, path] of [
      [{ target: 'alice@campus' }, 'target'],
      [{ target: 'alice@campus.example', action: 'drop' }, 'action'],
      [{ target: 'alice@campus.example', match: { protocol: 'udp' } }, 'match'],
      [{ target: '10.10.1.7', action: 'suspend' }, 'action'],
    ] as const) {
      const { status, json } = await client.send('POST', '/v1/blocks?dryRun=true', {
        body: { reason: 'x', duration: '1h', ...body },
      })
      assert.equal(status, 400, JSON.stringify(json))
      assert.match(String(json['detail']), new RegExp(`^${path}: `))
    }
  })
})
