import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { AccountingSink } from '../../test/helpers/accounting-sink.ts'
import { noRadclient, radclient } from '../../test/helpers/radclient.ts'
import { eventually } from '../eventually.ts'
import { type Nas, startNas } from './nas.ts'

const SECRET = 'of-accounting-7'
const SOON = 10_000
const NOW = 1_800_000_000_000
const BOB = { user: 'bob@campus.example', station: '02-00-5E-10-00-02', cui: 'c0ffee', framedIp: '10.8.0.7' }

describe('what a NAS tells accounting', () => {
  let server: AccountingSink
  let nas: Nas
  let now = NOW

  beforeEach(async () => {
    server = await AccountingSink.open(SECRET)
    const accounting = [{ host: '127.0.0.1', port: server.port, secret: SECRET }]
    nas = await startNas({ secret: 'other', identifier: 'ap1', accounting, now: () => now })
  })
  afterEach(async () => {
    await nas?.close()
    server?.close()
  })

  it('is when a session begins, goes on and ends', async () => {
    const id = await nas.connect(BOB)
    const [start] = await server.told(1)
    assert.deepEqual(start, {
      ...{ 'Acct-Status-Type': 1, 'Acct-Session-Id': id, 'User-Name': 'bob@campus.example' },
      ...{ 'Calling-Station-Id': '02-00-5E-10-00-02', 'Chargeable-User-Identity': 'c0ffee' },
      ...{ 'Framed-IP-Address': '10.8.0.7', 'NAS-Port': 1, 'NAS-Port-Type': 19, 'Acct-Authentic': 1 },
      ...{ 'NAS-IP-Address': '127.0.0.1', 'NAS-Identifier': 'ap1', 'Event-Timestamp': 1_800_000_000 },
    })
    now += 90_500
    nas.interim()
    const [interim] = await server.told(1)
    assert.deepEqual(interim, {
      ...start,
      ...{ 'Acct-Status-Type': 3, 'Acct-Session-Time': 90, 'Event-Timestamp': 1_800_000_090 },
    })
    await nas.disconnect(id)
    assert.deepEqual(await server.told(1), [{ ...interim, 'Acct-Status-Type': 2, 'Acct-Terminate-Cause': 1 }])
    nas.interim()
    await nas.restart()
    const [on] = await server.told(1)
    assert.equal(on?.['Acct-Status-Type'], 7)
  })

  it('is that it starts anew, and nothing of the sessions that are gone with it', async () => {
    const before = await nas.connect(BOB)
    await nas.restart()
    assert.deepEqual(nas.sessions(), [])
    const again = await nas.connect(BOB)
    assert.notEqual(again, before)
    const records = await server.told(3)
    assert.deepEqual(
      records.map((record) => record['Acct-Status-Type']),
      [1, 7, 1],
    )
  })

  it('is that an administrator ended a session, unless it is told to keep silent', {
    skip: noRadclient(),
  }, async () => {
    const end = async (id: string): Promise<void> => {
      const attributes = [`Acct-Session-Id = "${id}"`]
      const { answer } = await radclient({
        port: nas.port,
        secret: 'other',
        command: 'disconnect',
        attributes,
      })
      assert.equal(answer, 'Disconnect-ACK')
    }
    const id = await nas.connect(BOB)
    await end(id)
    const [, stop] = await server.told(2)
    assert.deepEqual(
      ['Acct-Status-Type', 'Acct-Session-Id', 'Acct-Terminate-Cause'].map((name) => stop?.[name]),
      [2, id, 6],
    )
    nas.faults.noStop = true
    await end(await nas.connect(BOB))
    await nas.connect(BOB)
    const statuses = (await server.told(2)).map((record) => record['Acct-Status-Type'])
    assert.deepEqual(statuses, [1, 1])
  })

  it('is said again until it is answered', async () => {
    server.answers = false
    await nas.connect(BOB)
    const [first, second] = await server.told(2)
    assert.deepEqual(second, first)
    assert.equal(nas.told().outstanding, 1)
    server.answers = true
    await eventually('the answer', SOON, () => nas.told().answered === 1)
    assert.deepEqual(nas.told(), { answered: 1, lost: 0, outstanding: 0 })
  })
})
