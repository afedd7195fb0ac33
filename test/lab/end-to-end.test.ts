import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Family } from '../../simulator/addresses.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Flow, Probe } from '../../simulator/probe/probe.ts'
import { type BlockJson, type Client, type Controller, Refused } from '../helpers/controller.ts'
import {
  BIRD,
  type LabSite,
  NFT,
  noLabSite,
  ONE_ROUTER_EACH,
  raiseLabSite,
  withProbe,
} from '../helpers/lab-site.ts'

const WAIT = 10
/** Sending that came to nothing for so long has not merely been held up. */
const FOR_GOOD = 250
const UDP = 17
const VICTIM_PORT = 9001

/** The victim, another flow to the same host, and the host next door. */
function flowsTo(family: Family, hz = 500): Flow[] {
  return [
    { name: 'victim', to: 'a1', family, port: VICTIM_PORT, hz },
    { name: 'same-host', to: 'a1', family, port: 9002, hz: 500 },
    { name: 'next-host', to: 'a2', family, port: VICTIM_PORT, hz: 500 },
  ]
}

describe('a block, by the packets', { skip: noLabSite() }, () => {
  let site: LabSite
  let controller: Controller
  let client: Client

  before(async () => {
    site = await raiseLabSite({ purpose: 'e2e', placements: ONE_ROUTER_EACH })
    controller = await site.start()
    await site.ready(controller)
    client = controller.client
  })
  // One that fails must not leave its blocks to the next.
  afterEach(async () => {
    for (const { id } of (await client?.list('active=true')) ?? []) await client.release(id, WAIT)
  })
  after(() => site?.dispose())

  const address = (family: Family): string => site.lab.addressOf('a1', family)
  const fiveTuple = (family: Family) => ({
    target: address(family),
    direction: 'to' as const,
    match: {
      source: site.lab.addressOf('attacker', family),
      protocol: UDP,
      sourcePort: '1024-65535',
      destinationPort: VICTIM_PORT,
    },
  })
  const stop = async (probe: Probe, block: Parameters<Client['block']>[0]): Promise<BlockJson> => {
    const after = probe.mark()
    const made = await client.block(block, WAIT)
    assert.equal(made.standing, 'in-force', JSON.stringify(made))
    await probe.stopped('victim', { after })
    return made
  }
  const release = async (probe: Probe, { id }: BlockJson): Promise<void> => {
    const after = probe.mark()
    assert.equal((await client.release(id, WAIT)).standing, 'ended')
    await probe.resumed('victim', { after })
  }

  for (const family of [4, 6] as const) {
    test(`IPv${family}: a blackhole through BIRD stops the host and nobody else, and its release lets it flow`, () =>
      withProbe(site, flowsTo(family), ['next-host'], async (probe) => {
        const made = await stop(probe, { target: address(family), direction: 'to', duration: '1h' })
        await probe.stopped('same-host', { after: 0 })
        assert.deepEqual(
          made.holdings.map(({ device, evidence }) => [device, evidence]),
          [[BIRD, 'witnessed']],
        )
        const held = [address(family)]
        assert.deepEqual(await site.blackholes(), { bird: held, kernel: held })
        await release(probe, made)
        assert.deepEqual((await site.blackholes()).bird, [])
      }))

    test(`IPv${family}: a match through nft stops that flow and no other, and its release lets it flow`, () =>
      withProbe(site, flowsTo(family), ['same-host', 'next-host'], async (probe) => {
        const made = await stop(probe, { ...fiveTuple(family), duration: '1h' })
        assert.deepEqual(
          made.holdings.map(({ device, evidence }) => [device, evidence]),
          [[NFT, 'read-back']],
        )
        assert.equal((await site.elements()).length, 1)
        await release(probe, made)
        assert.deepEqual(await site.elements(), [])
      }))

    test(`IPv${family}: a block of some seconds ends by itself`, () =>
      withProbe(site, flowsTo(family), ['next-host'], async (probe) => {
        const both = await Promise.all([
          client.block({ target: address(family), direction: 'to', duration: '2s' }, WAIT),
          client.block({ ...fiveTuple(family), duration: '2s' }, WAIT),
        ])
        await probe.stopped('victim', { after: probe.mark() })
        const { firstBack } = await probe.resumed('victim', { after: probe.mark() })
        const late = Date.now() - (probe.mark() - firstBack.receivedAt) - Date.parse(both[0].until ?? '')
        assert.ok(late >= 0 && late < 1_000, `flowed again ${late} ms after the end`)
        for (const { id } of both)
          await eventually('the end to be recorded', 5_000, async () => {
            const { standing, ending } = await client.show(id)
            return standing === 'ended' && ending === 'expired'
          })
        assert.deepEqual([await site.elements(), (await site.blackholes()).kernel], [[], []])
      }))

    test(`IPv${family}: of two blocks that want one rule, each ends alone`, () =>
      withProbe(site, flowsTo(family), ['next-host'], async (probe) => {
        for (const wanted of [{ target: address(family), direction: 'to' } as const, fiveTuple(family)]) {
          const first = await stop(probe, { ...wanted, duration: '1h' })
          const second = await client.block({ ...wanted, duration: '1h' }, WAIT)
          assert.equal(second.standing, 'in-force')
          assert.equal((await client.release(first.id, WAIT)).standing, 'ended')
          await stopsForGood(probe)
          await release(probe, second)
        }
      }))

    test(`IPv${family}: blocking again for longer extends, and lets no packet through at the first end`, () =>
      withProbe(site, flowsTo(family), ['next-host'], async (probe) => {
        for (const wanted of [{ target: address(family), direction: 'to' } as const, fiveTuple(family)]) {
          const first = await stop(probe, { ...wanted, duration: '1s' })
          const { lastThrough } = await probe.stopped('victim', { after: 0 })
          const second = await client.block({ ...wanted, duration: '1h' }, WAIT)
          await eventually(
            'the first to end',
            5_000,
            async () => (await client.show(first.id)).wanted === 'off',
          )
          assert.equal((await stopsForGood(probe)).seq, lastThrough.seq)
          await release(probe, second)
        }
      }))

    test(`IPv${family}: a rate limit lets some packets through, a drop beside it none, and then the limit returns`, () =>
      withProbe(site, flowsTo(family, 2_000), ['next-host', 'same-host'], async (probe) => {
        const rate = { rateLimit: 8_000 }
        const weak = await client.block({ ...fiveTuple(family), action: rate, duration: '1h' }, WAIT)
        await isLimited(probe)
        const strict = await stop(probe, { ...fiveTuple(family), duration: '1h' })
        await stopsForGood(probe)
        const after = probe.mark()
        assert.equal((await client.release(strict.id, WAIT)).standing, 'ended')
        await probe.resumed('victim', { after })
        await isLimited(probe)
        assert.equal((await client.show(weak.id)).standing, 'in-force')
        await client.release(weak.id, WAIT)
        assert.deepEqual(await site.elements(), [])
      }))

    test(`IPv${family}: explain says what is in force and by which evidence`, () =>
      withProbe(site, flowsTo(family), ['next-host'], async (probe) => {
        const made = await stop(probe, { target: address(family), direction: 'to', duration: '1h' })
        const { active, summary } = await client.explain(address(family))
        assert.deepEqual(
          active.map(({ id, standing, holdings }) => [id, standing, holdings[0]?.evidence]),
          [[made.id, 'in-force', 'witnessed']],
        )
        assert.match(summary, /^1 active block affects .*in force/)
        await release(probe, made)
        assert.deepEqual((await client.explain(address(family))).active, [])
      }))

    test(`IPv${family}: a protected address is refused with its name`, async () => {
      const target = site.lab.addressOf('mgmt', family)
      await assert.rejects(client.block({ target, direction: 'to', duration: '1h' }), (error: unknown) => {
        assert.ok(error instanceof Refused && error.status >= 400 && error.status < 500)
        assert.match(error.message, /protected/)
        assert.match(error.message, /routers and management/)
        return true
      })
      assert.deepEqual((await site.blackholes()).bird, [])
    })
  }
})

/** The last packet through, once long enough nothing followed it. */
async function stopsForGood(probe: Probe): Promise<{ seq: number }> {
  const after = probe.mark() + FOR_GOOD
  const { lastThrough } = await probe.stopped('victim', { after, quietMs: FOR_GOOD })
  assert.ok(lastThrough.sentAt < after - FOR_GOOD, 'packets came through afterwards')
  return lastThrough
}

/** Once the first burst is used up, more are lost and some still come through. */
async function isLimited(probe: Probe): Promise<void> {
  const before = probe.gaps('victim').missing
  await eventually('some to be lost', 10_000, () => probe.gaps('victim').missing > before + 100)
  const then = probe.gaps('victim')
  await eventually('more to be lost and some to come through', 10_000, () => {
    const now = probe.gaps('victim')
    return now.missing > then.missing + 100 && now.received > then.received + 5
  })
}
