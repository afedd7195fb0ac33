import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Family } from '../../simulator/addresses.ts'
import { askBird } from '../../simulator/bird-socket.ts'
import { eventually } from '../../simulator/eventually.ts'
import { type HandSpeaker, startHandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type CraftedPacket, type Crafter, startCrafter } from '../../simulator/probe/crafted.ts'
import { startProbe } from '../../simulator/probe/probe.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { sessionsUp } from '../../simulator/router-state.ts'
import { nodeOf } from '../../simulator/topology.ts'
import { readBlockSpec } from '../../src/domain/block-request.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { filterMatches } from '../../src/placement/filter-matches.ts'
import { prefixes, siteOf } from '../helpers/inventory.ts'
import { flowState, kernelBlackholes, tellBlackhole, tellFlow } from './backbone.ts'

const REFLECTOR = 'reflector'
const EDGE_BIRD = 'edge-bird'
const EDGE_FLOW = 'edge-flow'
const UDP = 17
const TCP = 6
const HOST_BITS = { 4: 32, 6: 128 } as const
const PROTOCOL = { 4: 'protocol', 6: 'next-header' } as const

describe('behind a route reflector', { skip: whyNoLab(['bird-router', 'gobgp-router']) ?? false }, () => {
  let lab: Lab
  let speaker: HandSpeaker
  let crafter: Crafter

  before(async () => {
    lab = await raiseLab({ topology: 'reflector', name: `rr-${process.pid}`, engine: 'netns', tied: true })
    speaker = await startHandSpeaker(lab, [REFLECTOR])
    await eventually('the reflector to have all its sessions', 20_000, async () => {
      const up = await sessionsUp(lab.runtimeFolder, nodeOf(lab.topology, REFLECTOR))
      return up.length === 3
    })
    crafter = await startCrafter(lab, { from: 'attacker', to: 'a1', beside: 'a2' })
  })
  after(async () => {
    await crafter?.stop()
    await speaker?.stop()
    await lab?.down()
  })

  const flow = (verb: 'announce' | 'withdraw', match: string, then = 'discard'): void =>
    tellFlow(speaker, verb, match, then, REFLECTOR)
  const agent = (what: string, isSo: Parameters<typeof flowState>[2]): ReturnType<typeof flowState> =>
    flowState(lab, what, isSo, EDGE_FLOW)
  const bird = (table: string): Promise<string> =>
    askBird(lab.birdSocket(EDGE_BIRD), `show route table ${table} all`)

  for (const family of [4, 6] as const) {
    test(`IPv${family}: a blackhole comes through it with its communities, and both borders drop`, async () => {
      const flows = [
        { name: 'victim', to: 'a1', family, port: 9001, hz: 500 },
        { name: 'beside', to: 'a2', family, port: 9001, hz: 500 },
      ]
      const probe = await startProbe(lab, { flows, neighbours: ['beside'] })
      const address = lab.addressOf('a1', family)
      try {
        const told = probe.mark()
        tellBlackhole(speaker, 'announce', REFLECTOR, address)
        await probe.stopped('victim', { after: told })
        await agent('the blackhole', ({ blackholes }) => blackholes.some((one) => one.address === address))
        assert.deepEqual(await kernelBlackholes(lab, EDGE_BIRD, family), [address])
        const held = await bird(`master${family}`)
        assert.match(held, /BGP\.community: \(65010,911\) \(65535,666\)/)
        // RFC 4456 §8: who brought it into the AS, and by which reflector
        assert.match(
          held,
          new RegExp(`BGP\\.originator_id: ${lab.addressOf('mgmt', 4)}\\n.*BGP\\.cluster_list: `),
        )
        const freed = probe.mark()
        tellBlackhole(speaker, 'withdraw', REFLECTOR, address)
        await probe.resumed('victim', { after: freed })
        await agent('no blackhole', ({ blackholes }) => blackholes.length === 0)
        const [{ missing, droppedByReceiver } = { missing: 0, droppedByReceiver: 0 }] = probe.neighbourGaps()
        assert.ok(missing <= droppedByReceiver, `${missing} of a neighbour's packets were lost`)
      } finally {
        await probe.stop()
      }
    })

    test(`IPv${family}: flow routes come through it with their actions, and the border keeps to them`, async () => {
      const victim = `destination ${lab.addressOf('a1', family)}/${HOST_BITS[family]};`
      const rules = [
        [`${victim} ${PROTOCOL[family]} =${TCP};`, 'discard'],
        [`${victim} ${PROTOCOL[family]} =${UDP};`, 'rate-limit 1000'],
      ] as const
      for (const [match, then] of rules) flow('announce', match, then)
      const state = await agent('both rules', (one) => one.rules.length === 2)
      assert.deepEqual(
        state.rules.map(({ act }) => act),
        [{ drop: true }, { rate: 1000 }],
      )
      const tcp: CraftedPacket = { family, proto: TCP }
      const udp: CraftedPacket[] = Array.from({ length: 6 }, () => ({ family, proto: UDP, length: 1000 }))
      assert.deepEqual(await crafter.through([tcp], [false]), [false])
      const passed = (await crafter.through(udp, [true, true])).filter(Boolean).length
      assert.ok(passed >= 2 && passed < 6, `${passed} of 6 passed a bucket of 3,000 bytes`)
      for (const [match, then] of rules) flow('withdraw', match, then)
      await agent('no rule', (one) => one.rules.length === 0)
      assert.deepEqual(await crafter.through([tcp], [true]), [true])
    })

    test(`IPv${family}: a router that validates takes a flow route with a destination, and none without`, async () => {
      const attacker = `source ${lab.addressOf('attacker', family)}/${HOST_BITS[family]};`
      const all = family === 4 ? '0.0.0.0/0' : '::/0'
      const valid = `destination ${lab.addressOf('a1', family)}/${HOST_BITS[family]}; ${attacker}`
      // BIRD 2.0 counts a destination of length 0 as none
      const infeasible = [attacker, `destination ${all}; ${attacker}`]
      for (const match of [valid, ...infeasible]) flow('announce', match)
      assert.deepEqual(await verdicts(family, 3), {
        valid: [wordsOfBird(valid)],
        infeasible: [...infeasible].map(wordsOfBird).sort(),
      })
      for (const match of [valid, ...infeasible]) flow('withdraw', match)
      await verdicts(family, 0)
    })

    test(`IPv${family}: what placement makes of a source for such routers is valid there`, async () => {
      const own = prefixes('203.0.113.0/24', '2001:db8:100::/40')
      const site = siteOf({ own })
      const isOwn = (prefix: string): boolean => /^(203\.0\.113|2001:db8:10)/.test(prefix)
      for (const node of ['attacker', 'a1']) {
        const target = parsePrefix(`${lab.addressOf(node, family)}/${HOST_BITS[family]}`)
        const spec = readBlockSpec({ target, direction: 'from' }, isOwn)
        const { exact } = filterMatches(spec, target, 'from', site, true)
        const texts = exact.map(({ destination, source }) => `destination ${destination}; source ${source};`)
        assert.equal(texts.length, node === 'a1' ? 2 : 1)
        for (const match of texts) flow('announce', match)
        assert.deepEqual(await verdicts(family, texts.length), {
          valid: texts.map(wordsOfBird).sort(),
          infeasible: [],
        })
        for (const match of texts) flow('withdraw', match)
        await verdicts(family, 0)
      }
    })
  }

  /** What BIRD makes of each flow route (RFC 8955 §6); an infeasible one it keeps as unreachable. */
  async function verdicts(family: Family, count: number): Promise<{ valid: string[]; infeasible: string[] }> {
    const lines = await eventually(`${count} flow routes in BIRD`, 5_000, async () => {
      const found = [...(await bird(`f${family}`)).matchAll(/flow[46] \{ (.*) \} (.*)\[reflector /g)]
      return found.length === count && found
    })
    const named = (isValid: boolean): string[] =>
      lines
        .filter(([, , kind]) => (kind?.trim() === 'unreachable') !== isValid)
        .map(([, match]) => match ?? '')
        .sort()
    return { valid: named(true), infeasible: named(false) }
  }
})

/** From the words of ExaBGP to those of BIRD. */
function wordsOfBird(match: string): string {
  return match.replaceAll('destination', 'dst').replaceAll('source', 'src')
}
