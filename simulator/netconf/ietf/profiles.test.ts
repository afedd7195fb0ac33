import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { block, START } from '../../../test/helpers/acl-edits.ts'
import { NetconfTalk } from '../../../test/helpers/netconf-talk.ts'
import type { Packet } from '../../configured/filters.ts'
import { type RunningRouter, startRouter } from '../../configured/router.ts'
import type { RouterSettings } from '../../configured/settings.ts'
import { ietfRouter } from './device.ts'

const COMMIT = '<commit/>'
const PACKET: Packet = {
  in: 'eth0',
  out: 'eth1',
  source: '198.51.100.1',
  destination: '203.0.113.9',
  protocol: 17,
}
const SETTINGS: RouterSettings = {
  name: 'ietf1',
  kind: 'ietf-router',
  users: [{ name: 'cordon', password: 'secret' }],
  configuration: START,
  plane: 'model',
}

describe('profiles of a NETCONF server', () => {
  const talks: NetconfTalk[] = []

  afterEach(() => {
    for (const one of talks.splice(0)) one.leave()
  })

  async function talk({ port }: RunningRouter): Promise<NetconfTalk> {
    const one = await NetconfTalk.open({ port })
    talks.push(one)
    return one
  }

  test('running alone can be written, and is kept when it is copied', async (t) => {
    const profile = {
      base11: false,
      candidate: 'none',
      writableRunning: true,
      confirmedCommit: 'none',
      validate: false,
      startup: true,
    }
    const plain = await startRouter({ ...SETTINGS, options: { profile } }, ietfRouter)
    t.after(() => plain.stop())
    const client = await talk(plain)
    assert.equal(await client.outcome(COMMIT), 'operation-not-supported')
    assert.equal(await client.outcome(block('x', '203.0.113.9/32', 'running')), 'ok')
    const met = async (): Promise<boolean> => (await plain.control.judge(PACKET)).dropped
    assert.equal(await met(), true)
    await plain.control.reboot()
    assert.equal(await met(), false, 'nobody copied it to startup')
    const again = await talk(plain)
    await again.outcome(block('x', '203.0.113.9/32', 'running'))
    assert.equal(
      await again.outcome(
        '<copy-config><target><startup/></target><source><running/></source></copy-config>',
      ),
      'ok',
    )
    await plain.control.reboot()
    assert.equal(await met(), true)
  })

  test('candidates are private, and the second commit does not undo the first', async (t) => {
    const own = await startRouter({ ...SETTINGS, options: { profile: { candidate: 'private' } } }, ietfRouter)
    t.after(() => own.stop())
    const [one, two] = [await talk(own), await talk(own)]
    await one.outcome(block('x', '203.0.113.9/32'))
    await two.outcome(block('y', '203.0.113.10/32'))
    assert.equal(await one.outcome(COMMIT), 'ok')
    assert.equal(await two.outcome(COMMIT), 'ok')
    assert.equal((await own.control.judge(PACKET)).dropped, true, 'the second did not undo the first')
  })
})
