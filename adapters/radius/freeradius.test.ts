import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { startNas } from '../../simulator/nas/nas.ts'
import { QUARANTINE } from '../../src/domain/rule.ts'
import { noFreeradius, startFreeradius } from '../../test/helpers/freeradius.ts'
import { radclient } from '../../test/helpers/radclient.ts'
import { ALICE, held, MAC, made, off, Scene, SECRETS, STATION } from './testing/scene.ts'

const SOON = 20_000

describe('a real FreeRADIUS', { skip: noFreeradius() }, () => {
  for (const spooled of [false, true])
    it(`passes accounting on ${spooled ? 'from a file' : 'at once'}, by which a session is found at its NAS`, async () => {
      const scene = await Scene.start({ nas: [] })
      const port = scene.config.accounting?.port ?? 0
      const passedOn = { host: '127.0.0.1', port, secret: SECRETS.accounting, spooled }
      const server = await startFreeradius({ accountingTo: passedOn })
      const accounting = [{ host: '127.0.0.1', port: server.ports.acct, secret: server.secret }]
      const nas = await startNas({ secret: SECRETS.coa, identifier: 'ap1', accounting })
      try {
        const { address, port: at } = nas
        const named = { name: 'ap1', address, port: at, secret: 'file:coa', identifier: 'ap1' }
        const session = await scene.open({ ...scene.config, nas: [named] })
        await made(session, { put: [off(ALICE)] })
        await nas.connect({ user: ALICE, station: STATION })
        await eventually('it is ended', SOON, () => nas.sessions().length === 0)
        await eventually('it is known to be', SOON, async () => (await held(session)).length === 1)
      } finally {
        await scene.stop()
        await nas.close()
        await server.dispose()
      }
    })

  it('says as a NAS that it is done, that there is none, or why not', async () => {
    const refusals = { 'gone@campus.example': 503, 'forbidden@campus.example': 501 }
    const server = await startFreeradius({ coa: { refusals } })
    const scene = await Scene.start({ nas: [] })
    try {
      const { accounting: _, ...config } = scene.config
      const nas = { name: 'nas', address: '127.0.0.1', port: server.ports.coa, secret: 'env:X', byName: true }
      scene.env.secret = async () => server.secret
      const session = await scene.open({ ...config, nas: [nas] })
      const outcome = (name: string) => made(session, { put: [off(name)] })
      assert.equal((await outcome(ALICE))?.result, 'done')
      assert.equal((await outcome('gone@campus.example'))?.result, 'done')
      const refused = await outcome('forbidden@campus.example')
      assert.ok(refused?.result === 'failed' && refused.class === 'auth')
      assert.match(refused.words, /501 Administratively Prohibited/)
      assert.equal((await made(session, { put: [off(MAC, QUARANTINE)] }))?.result, 'done')
    } finally {
      await scene.stop()
      await server.dispose()
    }
  })

  it('has a client that takes our answers for right ones', async () => {
    const scene = await Scene.start({ nas: [] })
    const named = { name: 'ap1', address: '127.0.0.1', port: 9, secret: 'file:coa', identifier: 'ap1' }
    await scene.open({ ...scene.config, nas: [named] })
    try {
      const asked = await radclient({
        ...{ port: scene.config.accounting?.port ?? 0, secret: SECRETS.accounting, command: 'acct' },
        attributes: [
          'Acct-Status-Type = Start',
          'Acct-Session-Id = "a"',
          'NAS-Identifier = "ap1"',
          'Proxy-State = 0x0102',
        ],
      })
      assert.deepEqual([asked.answer, asked.attributes], ['Accounting-Response', ['Proxy-State = 0x0102']])
    } finally {
      await scene.stop()
    }
  })
})
