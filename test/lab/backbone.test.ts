import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Family } from '../../simulator/addresses.ts'
import { eventually } from '../../simulator/eventually.ts'
import { type HandSpeaker, startHandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type CraftedPacket, type Crafter, startCrafter } from '../../simulator/probe/crafted.ts'
import { type Flow, startProbe } from '../../simulator/probe/probe.ts'
import { COMPONENT_CASES } from '../helpers/flow-cases.ts'
import {
  BIRD,
  FLOW,
  FRR,
  flowState,
  kernelBlackholes,
  noBackbone,
  ROUTERS,
  raiseBackbone,
  tellBlackhole,
  tellFlow,
} from './backbone.ts'

const TCP = 6
const UDP = 17

describe('the backbone', { skip: noBackbone() }, () => {
  let lab: Lab
  let speaker: HandSpeaker
  let crafter: Crafter

  before(async () => {
    lab = await raiseBackbone('bb')
    speaker = await startHandSpeaker(lab, ROUTERS)
  })
  after(async () => {
    await crafter?.stop()
    await speaker?.stop()
    await lab?.down()
  })

  test('FRR takes the first routes after its start', async () => {
    for (const family of [4, 6] as const) tellBlackhole(speaker, 'announce', FRR, lab.addressOf('b1', family))
    for (const family of [4, 6] as const) {
      await eventually(`the first IPv${family} route to be in the kernel`, 3_000, async () =>
        (await kernelBlackholes(lab, FRR, family)).includes(lab.addressOf('b1', family)),
      )
      tellBlackhole(speaker, 'withdraw', FRR, lab.addressOf('b1', family))
    }
  })

  test('packets of every shape come through as long as nobody stops them', async () => {
    crafter = await startCrafter(lab, { from: 'attacker', to: 'a1', beside: 'a2' })
    const packets = COMPONENT_CASES.flatMap(({ family, hit, miss }) =>
      [hit, miss].map((one) => ({ family, ...one })),
    )
    await passing(
      crafter,
      packets,
      packets.map(() => true),
    )
  })

  for (const router of ROUTERS) {
    for (const family of [4, 6] as const) {
      test(`a blackhole in ${router} alone stops the host's IPv${family} and nobody else's`, async () => {
        const flows: Flow[] = [
          { name: 'victim', to: 'a1', family, port: 9001 },
          { name: 'beside', to: 'a2', family, port: 9001 },
        ]
        const probe = await startProbe(lab, { flows, neighbours: ['beside'] })
        try {
          const told = probe.mark()
          tellBlackhole(speaker, 'announce', router, lab.addressOf('a1', family))
          await probe.stopped('victim', { after: told })
          const held = await Promise.all([BIRD, FRR].map((one) => kernelBlackholes(lab, one, family)))
          const expected = [BIRD, FRR].map((one) => (one === router ? [lab.addressOf('a1', family)] : []))
          assert.deepEqual(held, expected)
          if (router === FLOW) await flowState(lab, 'the drops to be counted', isCountedDrop)
          const freed = probe.mark()
          tellBlackhole(speaker, 'withdraw', router, lab.addressOf('a1', family))
          await probe.resumed('victim', { after: freed })
          const [{ missing, droppedByReceiver } = { missing: 0, droppedByReceiver: 0 }] =
            probe.neighbourGaps()
          assert.ok(missing <= droppedByReceiver, `${missing} of a neighbour's packets were lost`)
        } finally {
          await probe.stop()
        }
      })
    }
  }

  test('no router takes what is outside its bounds', async () => {
    const good = 'community [65535:666 no-export 65010:911]'
    const offered = [
      `route 203.0.113.64/26 next-hop 192.0.2.1 ${good}`,
      `route 2001:db8:101::/64 next-hop 100::1 ${good}`,
      `route 198.51.100.10/32 next-hop 192.0.2.1 ${good}`,
      `route 203.0.113.242/32 next-hop 192.0.2.1 ${good}`,
      `route 2001:db8:100:2::2/128 next-hop 100::1 ${good}`,
      'route 203.0.113.78/32 next-hop 192.0.2.1 community [65535:666 no-export]',
      'route 203.0.113.79/32 next-hop 192.0.2.1 community [no-export 65010:911]',
    ]
    for (const words of offered) speaker.tell(`announce ${words}`)
    tellFlow(speaker, 'announce', 'destination 203.0.113.0/24;')
    tellFlow(speaker, 'announce', 'destination 203.0.113.242/32; protocol =17;')
    tellFlow(speaker, 'announce', 'protocol =17;')
    // Hosts that no other test has: a speaker holds one route for a match, whatever it does.
    tellFlow(speaker, 'announce', 'destination 203.0.113.12/32;', 'redirect 65010:5')
    speaker.tell(
      'announce flow route { match { destination 203.0.113.13/32; } then { discard; community [65010:1]; } }',
      FLOW,
    )
    // told last, so heard last
    const last = lab.addressOf('b2', 4)
    for (const router of ROUTERS) tellBlackhole(speaker, 'announce', router, last)
    const state = await flowState(lab, 'the last route', ({ blackholes }) =>
      blackholes.some((one) => one.address === last),
    )
    assert.deepEqual([state.rules, state.blackholes.map(({ address }) => address)], [[], [last]])
    for (const router of [BIRD, FRR]) {
      await eventually(
        `${router} to hold the last route`,
        3_000,
        async () => (await kernelBlackholes(lab, router, 4)).length > 0,
      )
      assert.deepEqual(await kernelBlackholes(lab, router, 4), [last])
      assert.deepEqual(await kernelBlackholes(lab, router, 6), [])
    }
    for (const words of offered) speaker.tell(`withdraw ${words}`)
    for (const router of ROUTERS) tellBlackhole(speaker, 'withdraw', router, last)
    for (const match of [
      'destination 203.0.113.0/24;',
      'destination 203.0.113.242/32; protocol =17;',
      'protocol =17;',
    ])
      tellFlow(speaker, 'withdraw', match)
    tellFlow(speaker, 'withdraw', 'destination 203.0.113.12/32;', 'redirect 65010:5')
  })

  for (const { family, name, bare, match, hit, miss } of COMPONENT_CASES) {
    test(`IPv${family} ${name}: what matches is dropped, what differs in that alone is not`, async () => {
      const whole = bare === true ? match : flowTo(lab, family, match)
      tellFlow(speaker, 'announce', whole)
      await flowState(lab, 'the rule', ({ rules }) => rules.length === 1)
      const packets = [hit, miss].map((one) => ({ family, ...one }))
      await passing(crafter, packets, [false, true])
      const { rules } = await flowState(lab, 'the rule', () => true)
      assert.equal(rules[0]?.dropped.packets, 1)
      tellFlow(speaker, 'withdraw', whole)
      await flowState(lab, 'no rule', ({ rules }) => rules.length === 0)
      await passing(crafter, [{ family, ...hit }], [true])
    })
  }

  for (const family of [4, 6] as const) {
    test(`IPv${family}: a rate limit drops what is above it, and the bytes are counted`, async () => {
      const match = flowTo(lab, family, `${next(family)} =17;`)
      tellFlow(speaker, 'announce', match, 'rate-limit 1000')
      await flowState(lab, 'the limit', ({ rules }) => rules.length === 1)
      // the bucket holds 3,000 bytes, and little more flows in while these are sent
      const packets = Array.from({ length: 10 }, () => ({ family, proto: UDP, length: 1000 }))
      const passed = (await crafter.through(packets, [true, true])).filter(Boolean).length
      assert.ok(passed >= 2 && passed <= 5, `${passed} of 10 passed`)
      const { rules } = await flowState(lab, 'the limit', () => true)
      assert.deepEqual(rules[0]?.met, { packets: 10, bytes: 10_000 })
      assert.equal(rules[0]?.dropped.packets, 10 - passed)
      tellFlow(speaker, 'withdraw', match, 'rate-limit 1000')
      await flowState(lab, 'no rule', ({ rules }) => rules.length === 0)
    })

    test(`IPv${family}: of two rules that overlap, the first by RFC 8955 §5.1 decides, in whichever order they came`, async () => {
      const attacker = `source ${lab.addressOf('attacker', family)}/${family === 4 ? 32 : 128};`
      const first = flowTo(lab, family, `${next(family)} =17;`)
      const udp: CraftedPacket = { family, proto: UDP }
      const tcp: CraftedPacket = { family, proto: TCP }
      for (const order of [
        [first, attacker],
        [attacker, first],
      ]) {
        // no action: accepted, and later rules do not see it
        for (const match of order)
          tellFlow(speaker, 'announce', match, match === first ? 'rate-limit 1000000' : 'discard')
        const { rules } = await flowState(lab, 'both rules', ({ rules }) => rules.length === 2)
        assert.deepEqual(
          rules.map(({ act }) => act),
          [{ rate: 1_000_000 }, { drop: true }],
        )
        await passing(crafter, [udp, tcp], [true, false])
        for (const match of order)
          tellFlow(speaker, 'withdraw', match, match === first ? 'rate-limit 1000000' : 'discard')
        await flowState(lab, 'no rule', ({ rules }) => rules.length === 0)
      }
    })
  }

  test('two speakers hold one route: it goes with the second withdrawal', async () => {
    const second = await startHandSpeaker(lab, ROUTERS, 'speaker2')
    const address = lab.addressOf('a1', 4)
    const match = flowTo(lab, 4, 'protocol =17;')
    const packets: CraftedPacket[] = [{ family: 4, proto: UDP }]
    tellFlow(speaker, 'announce', match)
    await flowState(lab, 'the rule', ({ rules }) => rules.length === 1)
    tellFlow(second, 'announce', match)
    tellBlackhole(second, 'announce', FLOW, lab.addressOf('b1', 4))
    await flowState(lab, 'what the second told last', ({ blackholes }) => blackholes.length === 1)
    tellFlow(speaker, 'withdraw', match)
    tellBlackhole(speaker, 'announce', FLOW, lab.addressOf('b2', 4))
    const { rules } = await flowState(
      lab,
      'what the first told last',
      ({ blackholes }) => blackholes.length === 2,
    )
    assert.equal(rules.length, 1, address)
    await passing(crafter, packets, [false])
    tellFlow(second, 'withdraw', match)
    tellBlackhole(speaker, 'withdraw', FLOW, lab.addressOf('b2', 4))
    tellBlackhole(second, 'withdraw', FLOW, lab.addressOf('b1', 4))
    await flowState(lab, 'nothing', (state) => state.rules.length + state.blackholes.length === 0)
    await passing(crafter, packets, [true])
    await second.stop()
  })
})

async function passing(
  crafter: Crafter,
  packets: readonly CraftedPacket[],
  expected: boolean[],
): Promise<void> {
  assert.deepEqual(await crafter.through(packets, expected), expected)
}

function isCountedDrop({
  blackholes,
}: {
  readonly blackholes: readonly { readonly dropped: { packets: number } }[]
}): boolean {
  return (blackholes[0]?.dropped.packets ?? 0) > 0
}

function next(family: Family): string {
  return family === 4 ? 'protocol' : 'next-header'
}

function flowTo(lab: Lab, family: Family, match: string): string {
  return `destination ${lab.addressOf('a1', family)}/${family === 4 ? 32 : 128}; ${match}`
}
