import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Family } from '../../simulator/addresses.ts'
import { eventually } from '../../simulator/eventually.ts'
import { type CraftedPacket, startCrafter } from '../../simulator/probe/crafted.ts'
import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import { vtysh } from '../../simulator/router-state.ts'
import { type DeviceSite, speakerOf } from '../../simulator/site.ts'
import { type BackboneSite, noBackboneSite, raiseBackboneSite } from '../helpers/backbone-site.ts'
import type { BlockJson, Client, Controller, WantedBlock } from '../helpers/controller.ts'
import { COMPONENT_CASES, type ComponentCase, caseName } from '../helpers/flow-cases.ts'
import { BIRD, FLOW, FRR, flowState, kernelBlackholes } from './backbone.ts'

const WAIT = 10
const PORT = 9001
const DEVICES = ['core', 'second']
/** A file that gets a line of JSON for each component. */
const TABLE = process.env['CORDON_TABLE']
/** Chooses flow specification for a whole host. */
const FLOW_SCOPE = 'region:flow'

/** Two speakers announce the same to all three routers; a match goes where a match is exact. */
const PLACEMENTS = {
  placements: [
    {
      name: 'exact',
      when: { narrowed: true },
      use: DEVICES.map((device) => ({ device, as: 'flow' })),
    },
    {
      name: 'limited',
      when: { action: ['rate-limit'] },
      use: DEVICES.map((device) => ({ device, as: 'flow' })),
    },
    {
      name: 'whole hosts by flow',
      when: { scope: [FLOW_SCOPE] },
      use: DEVICES.map((device) => ({ device, as: 'flow' })),
    },
    {
      name: 'hosts',
      when: { direction: ['to'] },
      use: DEVICES.map((device) => ({ device, as: 'd-rtbh' })),
    },
    { name: 'rest', when: {}, use: DEVICES.map((device) => ({ device, as: 'flow' })) },
  ],
}

/** A router that does not do as it should is to be named before a test gives up. */
function hasty({ enforcers = [], ...device }: DeviceSite): DeviceSite {
  return { ...device, enforcers: enforcers.map((one) => ({ ...(one as object), seenWithin: '4s' })) }
}

/** The block that becomes the case's one flow rule. */
function wantedFor({ bare, asked }: ComponentCase, host: string): WantedBlock {
  const base: Omit<WantedBlock, 'target'> = { direction: 'to', collateral: [], duration: '1h' }
  if (bare === true) return { ...base, target: asked['source'] ?? '', direction: 'from' }
  const isNarrowed = Object.keys(asked).length > 0
  return { ...base, target: host, ...(isNarrowed ? { match: asked } : { scope: FLOW_SCOPE }) }
}

function flowsTo(family: Family): Flow[] {
  return [
    { name: 'victim', to: 'a1', family, port: PORT, hz: 500 },
    { name: 'same-host', to: 'a1', family, port: PORT + 1, hz: 500 },
    { name: 'next-host', to: 'a2', family, port: PORT, hz: 500 },
  ]
}

describe('a backbone of BIRD, FRR and GoBGP with two speakers', { skip: noBackboneSite() }, () => {
  let site: BackboneSite
  let controller: Controller
  let client: Client

  before(async () => {
    const routers = [BIRD, FRR, FLOW]
    site = await raiseBackboneSite({
      purpose: 'bbs',
      placements: PLACEMENTS,
      devices: (lab) => [
        hasty(speakerOf(lab, { name: 'core', routers })),
        hasty(speakerOf(lab, { name: 'second', routers, session: 'speaker2' })),
      ],
    })
    controller = await site.start(DEVICES)
    client = controller.client
  })
  afterEach(async () => {
    for (const { id } of (await client?.list('active=true')) ?? []) await client.release(id, WAIT)
  })
  after(() => site?.dispose())

  const address = (family: Family): string => site.lab.addressOf('a1', family)
  const withProbe = async (family: Family, run: (probe: Probe) => Promise<void>): Promise<void> => {
    const probe = await startProbe(site.lab, { flows: flowsTo(family), neighbours: ['next-host'] })
    try {
      await run(probe)
      for (const { missing, droppedByReceiver } of probe.neighbourGaps())
        assert.ok(missing <= droppedByReceiver, 'the host next door lost packets')
    } finally {
      await probe.stop()
    }
  }
  const evidence = ({ holdings }: BlockJson): string[] =>
    holdings.map((one) => `${one.device} ${one.evidence}`).sort()

  for (const family of [4, 6] as const) {
    test(`IPv${family}: a blackhole is seen at every router by each speaker, stops the host, and goes whole`, () =>
      withProbe(family, async (probe) => {
        const after = probe.mark()
        const made = await client.block({ target: address(family), direction: 'to', duration: '1h' }, WAIT)
        assert.equal(made.standing, 'in-force', JSON.stringify(made))
        assert.deepEqual(evidence(made), ['core witnessed', 'second witnessed'])
        await probe.stopped('victim', { after })
        await eventually('all kernels to drop it', 2_000, async () => {
          const all = await Promise.all([BIRD, FRR].map((one) => kernelBlackholes(site.lab, one, family)))
          return all.every((list) => list.includes(address(family)))
        })
        const freed = probe.mark()
        assert.equal((await client.release(made.id, WAIT)).standing, 'ended')
        await probe.resumed('victim', { after: freed })
        for (const router of [BIRD, FRR])
          assert.deepEqual(await kernelBlackholes(site.lab, router, family), [], router)
      }))

    test(`IPv${family}: a match stops its packets at the flow router and no others`, () =>
      withProbe(family, async (probe) => {
        const after = probe.mark()
        const wanted = {
          target: address(family),
          direction: 'to',
          match: { protocol: 'udp', destinationPort: PORT },
          duration: '1h',
        } as const
        const made = await client.block(wanted, WAIT)
        assert.equal(made.standing, 'in-force', JSON.stringify(made))
        assert.deepEqual(evidence(made), ['core witnessed', 'second acknowledged'])
        await probe.stopped('victim', { after })
        const { rules } = await flowState(site.lab, 'one rule', (state) => state.rules.length === 1)
        assert.equal(rules[0]?.family, family)
        const freed = probe.mark()
        assert.equal((await client.release(made.id, WAIT)).standing, 'ended')
        await probe.resumed('victim', { after: freed })
        assert.ok(probe.gaps('same-host').missing <= probe.gaps('same-host').droppedByReceiver)
      }))
  }

  test('every component, asked for by a block, drops what matches and not what differs in that alone', async () => {
    const crafter = await startCrafter(site.lab, { from: 'attacker', to: 'a1', beside: 'a2' })
    try {
      for (const one of COMPONENT_CASES) {
        const { family, hit, miss } = one
        const name = caseName(one)
        const made = await client.block(wantedFor(one, address(family)), WAIT)
        assert.equal(made.standing, 'in-force', `${name}: ${JSON.stringify(made)}`)
        await flowState(site.lab, name, (state) => state.rules.length === 1)
        const packets = [hit, miss].map((shape): CraftedPacket => ({ family, ...shape }))
        const [matching, beside] = await crafter.through(packets, [false, true])
        assert.deepEqual([matching, beside], [false, true], name)
        const result = { what: name, router: FLOW, matchingDropped: !matching, besideDropped: !beside }
        if (TABLE !== undefined) appendFileSync(TABLE, `${JSON.stringify(result)}\n`)
        await client.release(made.id, WAIT)
        await flowState(site.lab, `${name} to go`, (state) => state.rules.length === 0)
      }
    } finally {
      await crafter.stop()
    }
  })

  test('a limit of a victim and a drop of its attacker: the drop holds where they meet', () =>
    withProbe(4, async (probe) => {
      const attacker = site.lab.addressOf('attacker', 4)
      const weak = await client.block(
        {
          target: address(4),
          direction: 'to',
          match: { protocol: 'udp' },
          action: { rateLimit: 10_000_000 },
          duration: '1h',
        },
        WAIT,
      )
      assert.equal(weak.standing, 'in-force')
      const after = probe.mark()
      const strict = await client.block(
        { target: attacker, direction: 'from', match: { destination: `${address(4)}` }, duration: '1h' },
        WAIT,
      )
      assert.equal(strict.standing, 'in-force', JSON.stringify(strict))
      await probe.stopped('victim', { after })
      assert.ok(strict.gaps.every(({ code }) => code !== 'shadowed'))
      const freed = probe.mark()
      await client.release(strict.id, WAIT)
      await probe.resumed('victim', { after: freed })
      await client.release(weak.id, WAIT)
      await flowState(site.lab, 'no rule', (state) => state.rules.length === 0)
    }))

  test('a route that one of the speakers goes on announcing stays, and is not said to be gone', async () => {
    const made = await client.block({ target: address(4), direction: 'to', duration: '1h' }, WAIT)
    assert.equal(made.standing, 'in-force')
    const hold = { until: new Date(Date.now() + 600_000).toISOString(), reason: 'a test' }
    await client.device('second', 'hold', hold)
    const { standing } = await client.release(made.id, 1)
    assert.equal(standing, 'leaving')
    assert.deepEqual(await kernelBlackholes(site.lab, BIRD, 4), [address(4)])
    await client.device('second', 'free', {})
    await eventually('the route to go', 5_000, async () => (await client.show(made.id)).standing === 'ended')
    assert.deepEqual(await kernelBlackholes(site.lab, BIRD, 4), [])
  })

  test('a router whose import policy refuses what is announced is an alarm, by its name', async () => {
    const host = '203.0.113.44'
    const policy = async (no: '' | 'no '): Promise<void> => {
      const [first = '', ...more] = ['speaker', 'speaker2'].map(
        (session) => `${no}ip prefix-list ${session}-own4 seq 1 deny ${host}/32`,
      )
      const enter = vtysh(site.lab.runtimeFolder, FRR, 'configure terminal')
      const { code, stdout } = await site.lab.exec(FRR, [
        ...enter,
        ...[first, ...more].flatMap((one) => ['-c', one]),
      ])
      assert.deepEqual([code, stdout], [0, ''])
    }
    const alarms = async (): Promise<string[]> =>
      (await client.ask<{ alarms: string[] }>('GET', '/readyz')).alarms
    await policy('')
    const made = await client.block({ target: host, direction: 'to', duration: '1h' })
    const expected = DEVICES.map((device) => `${device}: announced but not accepted at ${FRR}: 1 rule`)
    await eventually(
      'the router to be named',
      15_000,
      async () => (await alarms()).length === expected.length,
    )
    assert.deepEqual((await alarms()).filter((one) => one.includes(FRR)).sort(), expected)
    assert.deepEqual(await kernelBlackholes(site.lab, BIRD, 4), [host])
    assert.deepEqual(await kernelBlackholes(site.lab, FRR, 4), [])
    const [holding] = (await client.show(made.id)).holdings
    assert.deepEqual(
      holding?.enforcers.filter(({ seen }) => !seen).map(({ name }) => name),
      [FRR],
    )
    await policy('no ')
    // With a delay timer of 0, FRR applies a changed policy to what it has when it is told to.
    await site.lab.exec(FRR, vtysh(site.lab.runtimeFolder, FRR, 'clear bgp ipv4 unicast * soft in'))
    await eventually('the router to take it', 15_000, async () => (await alarms()).length === 0)
    assert.deepEqual(await kernelBlackholes(site.lab, FRR, 4), [host])
  })
})
