import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { startNas } from '../../simulator/nas/nas.ts'
import { AccountingSink } from './accounting-sink.ts'
import { freeUdpPort } from './daemon.ts'
import type { EapMethod } from './eapol.ts'
import { type Freeradius, noFreeradius, startFreeradius } from './freeradius.ts'
import { radclient } from './radclient.ts'
import { BASE, GROUP, noSlapd, PASSWORD, PEOPLE, READER, type Slapd, startSlapd } from './slapd.ts'

const SECRET = 'of-cordon-7'
const SOON = 15_000
/** It takes ten seconds and more until it tries one again that did not answer. */
const LATER = 60_000
const BOB = { user: 'bob@campus.example', station: '02-00-5E-10-00-02', cui: 'c0ffee', framedIp: '10.8.0.7' }

describe('a FreeRADIUS that lets people in', { skip: noSlapd() || noFreeradius() }, () => {
  let server: Slapd
  let radius: Freeradius

  before(async () => {
    server = await startSlapd()
    radius = await startFreeradius({
      slapd: { server, base: BASE, bindDn: READER, password: PASSWORD },
      rejectGroup: GROUP,
      users: { alice: 'password of alice' },
    })
  })
  after(async () => {
    await radius?.dispose()
    await server?.dispose()
  })

  const tries = (method: EapMethod, user = 'alice', password = `password of ${user}`) =>
    radius.authenticate({ user: `${user}@campus.example`, password, station: BOB.station, method })
  const both = async () => [await tries('ttls-pap'), await tries('peap-mschapv2')]

  it('asks the directory for a password, or has its hash', async () => {
    assert.deepEqual(await both(), ['accepted', 'accepted'])
    assert.equal(await tries('ttls-pap', 'bob'), 'accepted')
    assert.equal(await tries('peap-mschapv2', 'bob'), 'refused')
    assert.equal(await tries('ttls-pap', 'alice', 'wrong'), 'refused')
    assert.equal(await tries('peap-mschapv2', 'alice', 'wrong'), 'refused')
    assert.equal(await tries('ttls-pap', 'nobody'), 'refused')
    assert.match(radius.log, /Login OK: \[alice@campus\.example\] .* cli 02-00-5E-10-00-02 via TLS tunnel/)
  })

  it('meets a lock of the directory only where it asks it, and the group everywhere', async () => {
    await server.change('alice', 'add', 'pwdAccountLockedTime', ['000001010000Z'])
    assert.deepEqual(await both(), ['refused', 'accepted'])
    await server.change(GROUP, 'add', 'member', [`uid=alice,${PEOPLE}`])
    assert.deepEqual(await both(), ['refused', 'refused'])
    await server.change('alice', 'delete', 'pwdAccountLockedTime')
    assert.deepEqual(await both(), ['refused', 'refused'])
    await server.change(GROUP, 'delete', 'member', [`uid=alice,${PEOPLE}`])
    assert.deepEqual(await both(), ['accepted', 'accepted'])
  })

  it('lets nobody in by the directory while that is away', async () => {
    await server.stop()
    assert.notEqual(await tries('ttls-pap'), 'accepted')
    await server.start()
    await eventually('it to be asked again', SOON, async () => (await tries('ttls-pap')) === 'accepted')
  })
})

describe('a FreeRADIUS that passes accounting on', { skip: noFreeradius() }, () => {
  for (const spooled of [false, true]) {
    const how = spooled ? 'by a file' : 'at once'

    it(`${how} tells what a NAS told it`, async () => {
      const sink = await AccountingSink.open(SECRET)
      await passing(spooled, sink.port, async (nas) => {
        const id = await nas.connect(BOB)
        const [start] = await sink.told(1)
        assert.deepEqual(
          ['Acct-Status-Type', 'Acct-Session-Id', 'User-Name', 'Calling-Station-Id'].map(
            (name) => start?.[name],
          ),
          [1, id, BOB.user, BOB.station],
        )
        assert.deepEqual(
          ['Chargeable-User-Identity', 'Framed-IP-Address', 'NAS-IP-Address', 'NAS-Identifier'].map(
            (name) => start?.[name],
          ),
          [BOB.cui, BOB.framedIp, '127.0.0.1', 'ap1'],
        )
        await nas.disconnect(id)
        assert.equal((await sink.told(1))[0]?.['Acct-Status-Type'], 2)
      }).finally(() => sink.close())
    })

    it(`${how} answers a NAS while nobody listens${spooled ? ', and tells it later' : ''}`, async () => {
      const port = await freeUdpPort()
      await passing(spooled, port, async (nas) => {
        await nas.connect(BOB)
        await nas.connect(BOB)
        await eventually('its answers', SOON, () => nas.told().answered === 2)
        assert.deepEqual(nas.told(), { answered: 2, lost: 0, outstanding: 0 })
        if (spooled) await triedInVain(port)
        const sink = await AccountingSink.open(SECRET, port)
        try {
          await nas.connect(BOB)
          const missed = spooled ? ['ap1-000001', 'ap1-000002'] : []
          const told = await sink.told(missed.length + 1, LATER)
          // Its threads take records in any order.
          const sessions = told.map((record) => record['Acct-Session-Id']).sort()
          assert.deepEqual(sessions, [...missed, 'ap1-000003'])
        } finally {
          sink.close()
        }
      })
    })
  }

  /** Waits until it has told somebody who does not answer. */
  async function triedInVain(port: number): Promise<void> {
    const sink = await AccountingSink.open(SECRET, port)
    sink.answers = false
    await sink.told(1).finally(() => sink.close())
  }

  async function passing(
    spooled: boolean,
    port: number,
    run: (nas: Awaited<ReturnType<typeof startNas>>) => Promise<void>,
  ) {
    const radius = await startFreeradius({
      accountingTo: { host: '127.0.0.1', port, secret: SECRET, spooled },
    })
    const accounting = [{ host: '127.0.0.1', port: radius.ports.acct, secret: radius.secret }]
    const nas = await startNas({ secret: 'other', identifier: 'ap1', accounting })
    try {
      await run(nas)
    } finally {
      await nas.close()
      await radius.dispose()
    }
  }
})

describe('a FreeRADIUS that is asked to disconnect', { skip: noFreeradius() }, () => {
  it('says that it does, or why not', async () => {
    const radius = await startFreeradius({ coa: { refusals: { gone: 503, forbidden: 501 } } })
    try {
      for (const command of ['disconnect', 'coa'] as const) {
        const ask = (user: string) =>
          radclient({
            ...{ port: radius.ports.coa, secret: radius.secret, command },
            attributes: [`User-Name = "${user}"`],
          })
        assert.match((await ask('alice')).answer ?? '', /-ACK$/)
        for (const [user, cause] of [
          ['gone', 'Session-Context-Not-Found'],
          ['forbidden', 'Administratively-Prohibited'],
        ] as const) {
          const { answer, attributes } = await ask(user)
          assert.match(answer ?? '', /-NAK$/)
          assert.deepEqual(attributes, [`Error-Cause = ${cause}`])
        }
      }
    } finally {
      await radius.dispose()
    }
  })
})
