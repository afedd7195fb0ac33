import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { type Probe, startProbe } from '../../simulator/probe/probe.ts'
import { findFastNetMon } from '../helpers/fastnetmon.ts'
import { noLabSite } from '../helpers/lab-site.ts'
import { type Entry, FloodScene, HOLD_DOWN_MS, NTP, SAID_MS } from './flood-scene.ts'
import { Tally } from './tally.ts'

/** For figures that mean something, 10. */
const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 1)
/** For figures: a file to which they are appended. */
const TABLE = process.env['CORDON_TABLE']
/** Sending that came to nothing for so long has not merely been held up. */
const FOR_GOOD = 250
/** Bytes a second: half of what pings are sent, and four times what the policy lets through. */
const PINGS_BYTES = 500_000
/** Where several floods share two processors. */
const FEWER_HZ = 1_500
const HALF_HOUR_MS = 1_800_000

const why = noLabSite()
const found = why === false ? findFastNetMon() : { why }

describe(`floods that Debian's FastNetMon tells of, ${ROUNDS} times`, {
  skip: 'why' in found ? found.why : false,
}, () => {
  if ('why' in found) return
  let scene: FloodScene
  let watch: Probe
  const tally = new Tally()

  before(async () => {
    scene = await FloodScene.raise(found)
    // Far too few for a flood: what is blocked is missing from them, and everything else must not be.
    const answers = ['a1', 'b1', 'b2'].map(
      (to) => ({ name: to, to, family: 4, port: 9003, hz: 100, sourcePort: NTP }) as const,
    )
    const others = [
      { name: 'same-host', to: 'a1', family: 4, port: 9002, hz: 100 },
      { name: 'next-host', to: 'a2', family: 4, port: 9001, hz: 100 },
    ] as const
    const neighbours = others.map(({ name }) => name)
    watch = await startProbe(scene.site.lab, { flows: [...answers, ...others], neighbours })
  })
  after(async () => {
    await watch?.stop()
    await scene?.dispose()
    if (TABLE !== undefined) tally.appendTo(TABLE)
  })

  const address = (host: string, family: 4 | 6 = 4): string => scene.site.lab.addressOf(host, family)
  const incident = (host: string, direction = 'incoming', family: 4 | 6 = 4): string =>
    `fastnetmon/${address(host, family)}/${direction}`
  /** A wall clock's time on the clock of the probes. */
  const onProbe = (wall: number): number => wall + watch.mark() - (performance.timeOrigin + performance.now())
  const began = ({ deed }: Entry): boolean => deed === 'began'
  const opened = ({ kind }: Entry): boolean => kind === 'open'
  const closed = ({ kind }: Entry): boolean => kind === 'close'

  /** Begins a flood from the port of NTP, which ends with the test at the latest. */
  async function flood(t: TestContext, ...asked: Parameters<FloodScene['flood']>): Promise<Probe> {
    const probe = await scene.flood(...asked)
    t.after(() => probe.stop())
    return probe
  }

  /** Waits until a flood is dropped, of which FastNetMon has told behind an event. */
  async function dropped(probe: Probe, host: string, begun: number) {
    const told = await scene.taken(incident(host), begun, began)
    assert.deepEqual([told.policy, told.rule, told.verdict], ['amplification', 'known-port', 'block'])
    const { lastThrough } = await probe.stopped('flood', { after: 0, quietMs: FOR_GOOD, deadlineMs: SAID_MS })
    return { told, lastThrough }
  }

  const missesNothing = (): void => {
    for (const { flow, missing, droppedByReceiver } of watch.neighbourGaps())
      assert.ok(missing <= droppedByReceiver, `${flow} lost ${missing} packets`)
  }

  test('answers of NTP are dropped, and nothing else, until the flood is over', async (t) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const begun = await scene.newest()
      const probe = await flood(t, 'a1')
      const { told, lastThrough } = await dropped(probe, 'a1', begun)
      const { sentAt: first } = probe.first('flood')
      const banned = onProbe(scene.detector.called('ban', address('a1')))
      const taken = onProbe(Date.parse(told.at))
      tally.note('FastNetMon: first packet to its decision', banned - first)
      const written = onProbe(told.revision ?? 0)
      tally.note('FastNetMon: its decision to the record in the spool', written - banned)
      tally.note('FastNetMon: that record to the ledger', taken - written)
      tally.note('FastNetMon: the ledger to the last packet', Math.max(0, lastThrough.sentAt - taken))
      tally.note('FastNetMon: first packet to the last', lastThrough.sentAt - first)
      const { firstBack, ended } = await givenBack(probe)
      const over = await scene.taken(incident('a1'), told.seq, closed)
      const unbanned = onProbe(scene.detector.called('unban', address('a1')))
      const given = onProbe(Date.parse(over.at))
      tally.note('FastNetMon: end of the flood to its decision', unbanned - ended)
      tally.note('FastNetMon: that decision to the ledger', given - unbanned)
      tally.note(
        'FastNetMon: end of the hold-down to the first packet',
        firstBack.sentAt - given - HOLD_DOWN_MS,
      )
      await scene.standing(told.block, 'ended')
    }
    missesNothing()
  })

  async function givenBack(probe: Probe, host = 'a1') {
    const ended = probe.mark()
    await probe.stop()
    return { ended, ...(await watch.resumed(host, { after: ended, deadlineMs: SAID_MS })) }
  }

  describe('at the same time', { concurrency: true }, () => {
    test('pings that nobody asked for are kept to the rate of inbound-dos', async (t) => {
      const begun = await scene.newest()
      const pings = scene.pings('a2')
      t.after(() => pings.stop())
      await eventually(
        'the pings to come',
        SAID_MS,
        async () => (await scene.bytesTo('a2', 200)) > PINGS_BYTES,
      )
      const { block, policy, rule } = await scene.taken(incident('a2'), begun, began)
      assert.deepEqual([policy, rule], ['inbound-dos', 'icmp'])
      await scene.standing(block, 'in-force')
      const rate = await scene.bytesTo('a2', 1_500)
      // 125,000 bytes a second, what the bucket held, and the packets of the next tests.
      assert.ok(rate < PINGS_BYTES / 2, `${rate} bytes a second`)
      await pings.stop()
      await scene.standing(block, 'ended')
    })

    test('IPv6: a ban that FastNetMon ends and begins again while the flood goes on is one block', async (t) => {
      const begun = await scene.newest()
      const probe = await flood(t, 'b2', { family: 6, hz: FEWER_HZ })
      const id = incident('b2', 'incoming', 6)
      const first = await scene.taken(id, begun, began)
      // It lists no packets of IPv6, so that nothing but the protocol is known: see the reports in docs/triggers.md.
      assert.deepEqual([first.policy, first.rule], ['inbound-dos', 'by-protocol'])
      const over = await scene.taken(id, first.seq, closed)
      const again = await scene.taken(id, over.seq, opened)
      assert.deepEqual(
        [again.block, (await scene.standing(first.block, 'in-force')).id],
        [first.block, first.block],
      )
      await probe.stop()
      await scene.standing(first.block, 'ended')
    })

    test('in front of the filter FastNetMon sees what is dropped, and does not say that it is over', async (t) => {
      const said = scene.detector.said.length
      const begun = await scene.newest()
      const probe = await flood(t, 'a1', { hz: FEWER_HZ })
      const { told } = await dropped(probe, 'a1', begun)
      await eventually('FastNetMon to look at its ban', SAID_MS, () =>
        scene.detector.said.slice(said).includes(`Attack to IP ${address('a1')} still going!`),
      )
      assert.ok(!(await scene.events(told.seq)).some((one) => one.id === incident('a1') && closed(one)))
      await probe.stopped('flood', { after: probe.mark(), quietMs: FOR_GOOD })
      await probe.stop()
      await scene.standing(told.block, 'ended')
    })

    test('a host of ours that floods somebody is not cut off: outbound-dos asks, as anybody may send in its name', async (t) => {
      const begun = await scene.newest()
      const probe = await flood(t, 'attacker', { from: 'b1', port: 9004, hz: FEWER_HZ, sourcePort: 40_000 })
      const id = incident('b1', 'outgoing')
      const told = await scene.taken(id, begun, ({ deed }) => deed === 'proposed')
      assert.deepEqual([told.policy, told.rule, told.verdict], ['outbound-dos', 'look-first', 'ask'])
      const { standing, target, direction, match } = await scene.standing(told.block, 'proposed')
      assert.deepEqual(
        [standing, target, direction, match],
        ['proposed', `${address('b1')}/32`, 'from', { protocol: '17' }],
      )
      await probe.through('flood', { after: probe.mark() })
      await probe.stop()
      const { deed } = await scene.taken(id, told.seq, closed)
      assert.equal(deed, 'released')
      await scene.standing(told.block, 'ended')
    })
  })

  test('behind the filter FastNetMon sees nothing and says that it is over: what the router counts keeps the block', async (t) => {
    await scene.mirror('behind')
    t.after(() => scene.mirror('in front'))
    const begun = await scene.newest()
    const probe = await flood(t, 'a1')
    const { told } = await dropped(probe, 'a1', begun)
    const over = await scene.taken(incident('a1'), told.seq, closed)
    assert.equal(over.deed, 'ends-soon')
    const kept = await eventually('the block to last again', SAID_MS, async () =>
      (await scene.events(over.seq)).find(({ type, why }) => type === 'block.amended' && why !== undefined),
    )
    assert.match(kept.why ?? '', /^it goes on: \d{4} packets a second still meet it$/)
    const { until } = await scene.standing(told.block, 'in-force')
    assert.ok(Date.parse(until ?? '') - Date.now() > HALF_HOUR_MS / 2, `until ${until}`)
    await probe.stopped('flood', { after: probe.mark(), quietMs: FOR_GOOD })
    await probe.stop()
    await scene.controller.client.release(told.block ?? 0, 10)
  })

  test('bans of a FastNetMon that is ended are ended, of a flood that goes on by the next one', async (t) => {
    const begun = await scene.newest()
    const [goesOn, isOver] = await Promise.all([flood(t, 'b1'), flood(t, 'b2')])
    const [first, second] = await Promise.all([dropped(goesOn, 'b1', begun), dropped(isOver, 'b2', begun)])
    await scene.detector.end()
    await isOver.stop()
    const away = watch.mark()
    await Promise.all(['b1', 'b2'].map((host) => watch.stopped(host, { after: away, quietMs: FOR_GOOD })))
    const { until } = await scene.standing(second.told.block, 'in-force')
    assert.ok(Date.parse(until ?? '') - Date.now() <= HALF_HOUR_MS, `until ${until}: it ends in any case`)
    const restarted = await scene.newest()
    await scene.detector.start()
    const again = await scene.taken(incident('b1'), restarted, opened)
    assert.equal(again.block, first.told.block)
    await scene.taken(incident('b2'), restarted, closed)
    await watch.resumed('b2', { after: away, deadlineMs: SAID_MS })
    await goesOn.stopped('flood', { after: goesOn.mark(), quietMs: FOR_GOOD })
    await givenBack(goesOn, 'b1')
    for (const { told } of [first, second]) await scene.standing(told.block, 'ended')
  })

  test('a block stands while Cordon is dead, and the end that was told meanwhile gives it back', async (t) => {
    const begun = await scene.newest()
    const probe = await flood(t, 'a1')
    const { told } = await dropped(probe, 'a1', begun)
    await scene.controller.end('SIGKILL')
    const dead = probe.mark()
    await probe.stopped('flood', { after: dead, quietMs: FOR_GOOD })
    await probe.stop()
    await eventually('the end of the ban to wait', SAID_MS, () =>
      scene.queued().some((name) => name.endsWith(`${address('a1')}_incoming-unban`)),
    )
    await watch.stopped('a1', { after: watch.mark(), quietMs: FOR_GOOD })
    await scene.startController()
    const { deed } = await scene.taken(incident('a1'), told.seq, closed)
    assert.equal(deed, 'ends-soon')
    await watch.resumed('a1', { after: dead, deadlineMs: SAID_MS })
    await scene.standing(told.block, 'ended')
    missesNothing()
  })
})
