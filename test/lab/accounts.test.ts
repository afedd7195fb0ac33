import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { AccountsSite } from './accounts-site.ts'
import { Tally } from './tally.ts'
import { ALICE, noWirelessSite, type WirelessSite } from './wireless-site.ts'

/** `CORDON_ROUNDS` for figures, which go into the file `CORDON_TABLE`. */
const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 1)
const TABLE = process.env['CORDON_TABLE']
const SOON = 20_000
/** Sending that came to nothing for so long has not merely been held up. */
const FOR_GOOD = 250
const EVERYWHERE = ['outside', 'outside6', 'desk'] as const

describe('an account, with a directory, a FreeRADIUS and a laptop at an access point', {
  skip: noWirelessSite(),
}, () => {
  let site: AccountsSite
  let wireless: WirelessSite
  const tally = new Tally()

  before(async () => {
    site = await AccountsSite.raise()
    wireless = site.wireless
  })
  after(async () => {
    await site?.dispose()
    if (TABLE !== undefined) tally.appendTo(TABLE)
  })

  async function stopped(...flows: readonly string[]): Promise<void> {
    const { traffic } = wireless
    const since = traffic.mark()
    for (const flow of flows)
      await traffic.stopped(flow, { after: since, quietMs: FOR_GOOD, deadlineMs: SOON })
  }
  async function through(...flows: readonly string[]): Promise<void> {
    const since = wireless.traffic.mark()
    for (const flow of flows) await wireless.traffic.through(flow, { after: since, deadlineMs: SOON })
  }
  /** A session that no server was asked for, as an access point gives to who has just been there. */
  const comesBy = () => wireless.nas.connect(wireless.arrival)
  const isOn = () => wireless.laptop.isConnected
  const heardOf = (before: number) =>
    eventually('accounting is heard', SOON, () => wireless.nas.told().answered > before)
  const standing = (number: string, words: RegExp) =>
    eventually(`it is ${words}`, SOON, async () => words.test(await site.says(0, 'show', number)))

  test('is locked and off, comes in nowhere, and has all of it back with the release', async () => {
    await through(...EVERYWHERE)
    const block = ['block', ALICE, '--reason', 'phished', '--for', '1h', '--wait', '10s', '--yes']
    assert.match(await site.says(0, ...block), /in force/)
    await stopped(...EVERYWHERE)
    assert.deepEqual([await wireless.slapd.logsIn('alice'), isOn()], [false, false])
    assert.equal(await wireless.laptop.connect(), 'refused')
    await comesBy()
    await eventually('it is ended again', SOON, () => !isOn())
    await stopped(...EVERYWHERE)
    await site.says(0, 'unblock', ALICE)
    await eventually('it is unlocked', SOON, () => wireless.slapd.logsIn('alice'))
    const { answered } = wireless.nas.told()
    assert.equal(await wireless.laptop.connect(), 'accepted')
    await through(...EVERYWHERE)
    await heardOf(answered)
    assert.ok(isOn())
  })

  test('is in force in part where a NAS says nothing, whole once it does, and a person overrides it', async () => {
    const { nas, slapd } = wireless
    nas.faults.silent = true
    const said = await site.says(
      5,
      'block',
      ALICE,
      '--reason',
      'phished',
      '--for',
      '1h',
      '--wait',
      '10s',
      '--yes',
    )
    const number = /Cordon#(\d+) is recorded/.exec(said)?.[1] ?? ''
    assert.match(said, /ap \(127\.0\.0\.1:\d+\) has not answered/)
    assert.equal(await slapd.logsIn('alice'), false, 'the lock is there all the same')
    await through(...EVERYWHERE)
    assert.match(await site.says(1, 'devices', 'check', 'wireless'), /ap .* has not answered/)
    nas.faults.silent = false
    await stopped(...EVERYWHERE)
    await standing(number, /standing +in-force/)
    await slapd.change('alice', 'delete', 'pwdAccountLockedTime')
    await standing(number, /overridden/)
    assert.ok(await slapd.logsIn('alice'), 'what a person has unlocked stays so')
    await site.says(0, 'unblock', ALICE)
    assert.ok(await slapd.logsIn('alice'))
    assert.equal(await wireless.laptop.connect(), 'accepted')
    await through(...EVERYWHERE)
  })

  test('whose laptop is in quarantine reaches the help desk alone, and everybody once it is over', async () => {
    const { station } = wireless.arrival
    const { answered } = wireless.nas.told()
    wireless.nas.interim()
    await heardOf(answered)
    const block = ['block', station, '--reason', 'infected', '--for', '1h', '--wait', '10s', '--yes']
    assert.match(await site.says(0, ...block), /in force/)
    await stopped('outside', 'outside6')
    await through('desk')
    await site.says(0, 'unblock', station)
    await eventually('it is let out', SOON, () => !isOn())
    assert.equal(await wireless.laptop.connect(), 'accepted')
    await through(...EVERYWHERE)
  })

  test(`goes and comes as fast as figures say, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) await measure()
  })

  async function measure(): Promise<void> {
    const { traffic, slapd, laptop } = wireless
    const { client } = site.controller
    const { answered } = wireless.nas.told()
    wireless.nas.interim()
    await heardOf(answered)
    const asked = traffic.mark()
    const blocking = client.block({ target: ALICE, duration: '1h' }, 10)
    const refused = until(async () => !(await slapd.logsIn('alice')))
    const [{ id }, , { lastThrough }] = await Promise.all([
      blocking,
      refused.then(() => tally.note('blocked: bind refused', traffic.mark() - asked)),
      traffic.stopped('outside', { after: asked, quietMs: FOR_GOOD, deadlineMs: SOON }),
    ])
    tally.note('blocked: last packet through', Math.max(0, lastThrough.sentAt - asked))
    const tried = traffic.mark()
    assert.equal(await laptop.connect(), 'refused')
    tally.note('blocked: eapol_test refused (its own time)', traffic.mark() - tried)
    const came = traffic.mark()
    await comesBy()
    await until(() => !isOn())
    tally.note('blocked: new session ended', traffic.mark() - came)
    const freed = traffic.mark()
    const releasing = client.release(id, 10)
    await until(() => slapd.logsIn('alice'))
    tally.note('released: bind accepted', traffic.mark() - freed)
    await releasing
    assert.equal(await laptop.connect(), 'accepted')
    const { firstBack } = await traffic.resumed('outside', { after: freed, deadlineMs: SOON })
    tally.note('released: first packet, after logging in anew', firstBack.receivedAt - freed)
  }

  test('others have noticed nothing of all that', () => {
    for (const { missing, droppedByReceiver } of wireless.neighbour.neighbourGaps())
      assert.ok(missing <= droppedByReceiver, `${missing} packets are missing, ${droppedByReceiver} dropped`)
    assert.deepEqual(wireless.nas.trouble, [])
  })
})

/** Asks again and again without a pause that would be measured. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SOON
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, `not within ${SOON} ms`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
