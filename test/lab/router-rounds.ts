import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Family } from '../../simulator/addresses.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type Probe, startProbe } from '../../simulator/probe/probe.ts'
import type { Client, WantedBlock } from '../helpers/controller.ts'
import type { Tally } from './tally.ts'

/** Of each router and family; for figures that mean something, 30. */
export const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 2)

const PORT = 9001
/** Seconds to wait for a block, or for its end. */
const WAIT = 10

/** Hosts that the attacker sends to. */
export interface Hosts {
  readonly victim: string
  /** That no block may touch. */
  readonly next: string
}

/** A router that is logged in to, and the blocks that it alone enforces: `from` the attacker or `to` the victim. */
export interface RoundsRouter extends Hosts {
  readonly name: string
  readonly direction: 'from' | 'to'
  /** Narrows them; left out: they are whole. */
  readonly match?: NonNullable<WantedBlock['match']>
}

/** Where it is measured, and who keeps the figures. */
export interface RoundsSite {
  readonly lab: Lab
  readonly client: Client
  readonly tally: Tally
}

/** Runs while the attacker sends to both hosts, and ends that, also after a failure. */
export async function probing<T>(
  lab: Lab,
  { victim, next }: Hosts,
  family: Family,
  run: (probe: Probe) => Promise<T>,
): Promise<T> {
  const flows = [
    { name: 'victim', to: victim, family, port: PORT, hz: 1_000 },
    { name: 'next-host', to: next, family, port: PORT, hz: 500 },
  ]
  const probe = await startProbe(lab, { flows, neighbours: ['next-host'] })
  try {
    return await run(probe)
  } finally {
    await probe.stop()
  }
}

/** A test for each router and family: its blocks stop the victim's packets, and the next host misses none. */
export function testRounds(routers: readonly RoundsRouter[], site: () => RoundsSite): void {
  for (const router of routers)
    for (const family of [4, 6] as const)
      test(`${router.name} stops the packets of a block, IPv${family}, and no others, and gives them back`, () =>
        measureRounds(site(), router, family))
}

function measureRounds(site: RoundsSite, router: RoundsRouter, family: Family): Promise<void> {
  const { lab, client, tally } = site
  return probing(lab, router, family, async (probe) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await measureBlock(site, router, family, probe)
      const freed = probe.mark()
      const [{ firstBack }] = await Promise.all([
        probe.resumed('victim', { after: freed }),
        client.release(id, WAIT),
      ])
      tally.note(`${router.name}: release to first packet, IPv${family}`, firstBack.receivedAt - freed)
    }
    assert.deepEqual(
      probe.neighbourGaps().map(({ missing }) => missing),
      [0],
    )
  })
}

/** @returns the block's number */
async function measureBlock(
  { lab, client, tally }: RoundsSite,
  router: RoundsRouter,
  family: Family,
  probe: Probe,
): Promise<number> {
  const { name } = router
  const wanted = blockOf(lab, router, family)
  const before = await spentOn(client, name)
  const asked = probe.mark()
  const begun = performance.now()
  const blocking = client
    .block(wanted, WAIT)
    .finally(() => tally.note(`${name}: request to in force, IPv${family}`, performance.now() - begun))
  const [{ lastThrough }, { id, standing, holdings }] = await Promise.all([
    probe.stopped('victim', { after: asked }),
    blocking,
  ])
  tally.note(`${name}: of that, waiting for the device, IPv${family}`, (await spentOn(client, name)) - before)
  assert.equal(standing, 'in-force', JSON.stringify(holdings))
  assert.deepEqual(
    holdings.map(({ device, evidence }) => [device, evidence]),
    [[name, 'read-back']],
  )
  tally.note(`${name}: request to last packet, IPv${family}`, Math.max(0, lastThrough.sentAt - asked))
  return id
}

function blockOf(lab: Lab, { direction, victim, match }: RoundsRouter, family: Family): WantedBlock {
  const target = lab.addressOf(direction === 'to' ? victim : 'attacker', family)
  const narrowed = match === undefined ? {} : { match, collateral: [] }
  return { target, direction, duration: '1h', ...narrowed }
}

/** Milliseconds in all that changes took on the device so far. */
async function spentOn(client: Client, device: string): Promise<number> {
  const text = await client.text('GET', '/metrics')
  const line = `cordon_device_call_seconds_sum{device="${device}",call="apply"} `
  const found = text.split('\n').find((one) => one.startsWith(line))
  return Number(found?.slice(line.length) ?? 0) * 1_000
}

/** What a device is checked for is all there, and packets meet it. @throws AssertionError */
export async function lacksNothing(client: Client, device: string): Promise<void> {
  const { checks, inLine } = await client.ask<{
    checks: { what: string; ok: boolean; words: string }[]
    inLine: boolean
  }>('POST', `/v1/devices/${device}:check`)
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
  )
  assert.ok(inLine)
}
