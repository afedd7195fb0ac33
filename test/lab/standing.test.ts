import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { askBird } from '../../simulator/bird-socket.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Flow, Probe } from '../../simulator/probe/probe.ts'
import type { BlockJson, Controller } from '../helpers/controller.ts'
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
const FOR_GOOD = 250

/** A host that a blackhole stops, a flow that nft stops, and one that neither does. */
const FLOWS: Flow[] = [
  { name: 'by-bird', to: 'a1', family: 4, port: 9001, hz: 500 },
  { name: 'by-nft', to: 'b1', family: 6, port: 9001, hz: 500 },
  { name: 'neighbour', to: 'b1', family: 6, port: 9002, hz: 500 },
]
const STOPPED = ['by-bird', 'by-nft'] as const

describe('what was blocked', { skip: noLabSite() }, () => {
  let site: LabSite
  let controller: Controller

  before(async () => {
    site = await raiseLabSite({ purpose: 'stand', placements: ONE_ROUTER_EACH })
    controller = await site.start()
    await site.ready(controller)
  })
  after(() => site?.dispose())

  const withBlocks = (run: (probe: Probe, blocks: readonly BlockJson[]) => Promise<void>): Promise<void> =>
    withProbe(site, FLOWS, ['neighbour'], async (probe) => {
      const { client } = controller
      const match = { protocol: 'udp', destinationPort: 9001 }
      const after = probe.mark()
      const blocks = await Promise.all([
        client.block({ target: site.lab.addressOf('a1', 4), direction: 'to', duration: '1h' }, WAIT),
        client.block({ target: site.lab.addressOf('b1', 6), direction: 'to', match, duration: '1h' }, WAIT),
      ])
      for (const flow of STOPPED) await probe.stopped(flow, { after })
      await run(probe, blocks)
      const freed = probe.mark()
      for (const { id } of blocks) await controller.client.release(id, WAIT)
      for (const flow of STOPPED) await probe.resumed(flow, { after: freed })
      assert.deepEqual([await site.elements(), (await site.blackholes()).bird], [[], []])
    })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    test(`stays blocked over ${signal}, and the next controller takes it over without a packet through`, () =>
      withBlocks(async (probe, blocks) => {
        const before = await lastSeqs(probe)
        await controller.end(signal)
        if (signal === 'SIGTERM') {
          assert.match(controller.said, /border-bird: ExaBGP goes on announcing 1 rule;/)
          assert.match(controller.said, /border-linux: goes on enforcing 1 rule\n/)
        }
        assert.deepEqual(await lastSeqs(probe), before)
        controller = await site.start()
        await site.ready(controller)
        for (const { id } of blocks) await inForce(controller, id)
        assert.deepEqual(await lastSeqs(probe), before)
      }))

  test('and ran out while nobody ran is let go by the next controller', () =>
    withProbe(site, FLOWS, ['neighbour'], async (probe) => {
      const { client } = controller
      const hosts = Array.from({ length: 15 }, (_, index) => `203.0.113.${20 + index}`)
      const after = probe.mark()
      const targets = [...hosts, site.lab.addressOf('a1', 4)]
      for (const direction of ['to', 'both'] as const)
        await Promise.all(targets.map((target) => client.block({ target, direction, duration: '2s' }, WAIT)))
      await probe.stopped('by-bird', { after })
      await controller.end('SIGKILL')
      const ended = Date.now() + 2_000
      await eventually('the ends to pass', 5_000, () => Date.now() > ended)
      controller = await site.start()
      await probe.resumed('by-bird', { after })
      await eventually('the routers to hold nothing', 5_000, async () => {
        const held = [...(await site.elements()), ...(await site.blackholes()).kernel]
        return held.length === 0
      })
    }))

  test('stays on a held device, also after its release, until that is freed', () =>
    withProbe(site, FLOWS, ['neighbour'], async (probe) => {
      const { client } = controller
      const target = site.lab.addressOf('a1', 4)
      const after = probe.mark()
      for (const direction of ['to', 'both'] as const) {
        const made = await client.block({ target, direction, duration: '1h' }, WAIT)
        await probe.stopped('by-bird', { after })
        const device = direction === 'to' ? BIRD : NFT
        await client.device(device, 'hold', { duration: '1h', reason: 'work on it' })
        assert.equal((await client.release(made.id, 1)).standing, 'leaving')
        assert.equal((await client.device(device)).state, 'held')
        await stopsForGood(probe, 'by-bird')
        const freed = probe.mark()
        await client.device(device, 'free')
        await probe.resumed('by-bird', { after: freed })
        await eventually(
          'it to be ended',
          5_000,
          async () => (await client.show(made.id)).standing === 'ended',
        )
      }
    }))

  for (const loss of ['delete table inet cordon', 'flush ruleset'])
    test(`is put back by itself after nft ${loss}`, () =>
      withBlocks(async (probe, [, byNft]) => {
        const after = probe.mark()
        await site.nft(...loss.split(' '))
        await probe.resumed('by-nft', { after })
        await probe.stopped('by-nft', { after: probe.mark() })
        await inForce(controller, byNft?.id ?? 0)
        assert.equal((await site.elements()).length, 1)
      }))

  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    test(`is put back by itself when BIRD has ended by ${signal} and starts again`, () =>
      withBlocks(async (probe, [byBird]) => {
        await site.killBird(signal)
        await stopsForGood(probe, 'by-bird')
        await site.startBird()
        await eventually('BIRD to hold it', 20_000, async () => (await site.blackholes()).bird.length === 1)
        await stopsForGood(probe, 'by-bird')
        await inForce(controller, byBird?.id ?? 0)
      }))

  test('leaves what others put into nft and BIRD as it is', async () => {
    for (const command of [
      'add table inet site',
      'add set inet site busy { type ipv4_addr ; }',
      'add element inet site busy { 203.0.113.9 }',
      'add chain inet site in { type filter hook forward priority 0 ; }',
      'add rule inet site in ip daddr @busy counter drop',
    ])
      await site.nft(command)
    const file = join(site.lab.runtimeFolder, `${BIRD}.conf`)
    appendFileSync(file, 'protocol static byhand { ipv4; route 203.0.113.99/32 blackhole; }\n')
    await askBird(site.lab.birdSocket(BIRD), 'configure')
    const before = await foreignState(site)
    assert.match(before, /203\.0\.113\.99/)
    await withBlocks(async () => {
      assert.equal(await foreignState(site), before)
    })
    for (const device of [BIRD, NFT]) await controller.client.device(device, 'resync')
    await site.ready(controller)
    assert.equal(await foreignState(site), before)
  })
})

async function foreignState(site: LabSite): Promise<string> {
  const table = await site.nft('list', 'table', 'inet', 'site')
  const routes = await askBird(site.lab.birdSocket(BIRD), 'show route protocol byhand')
  const lines = routes.split('\n').filter((line) => line.includes('blackhole'))
  return [table.replaceAll(/packets \d+ bytes \d+/g, ''), ...lines].join('\n')
}

async function inForce({ client }: Controller, id: number): Promise<void> {
  await eventually(
    `block ${id} to be in force`,
    20_000,
    async () => (await client.show(id)).standing === 'in-force',
  )
}

/** The number of the last packet through, once long enough nothing followed it. */
async function stopsForGood(probe: Probe, flow: string): Promise<number> {
  const after = probe.mark() + FOR_GOOD
  const { lastThrough } = await probe.stopped(flow, { after, quietMs: FOR_GOOD })
  assert.ok(lastThrough.sentAt < after - FOR_GOOD, `packets of ${flow} came through afterwards`)
  return lastThrough.seq
}

function lastSeqs(probe: Probe): Promise<number[]> {
  return Promise.all(STOPPED.map((flow) => stopsForGood(probe, flow)))
}
