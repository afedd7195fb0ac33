import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { askBird } from '../../simulator/bird-socket.ts'
import { eventually } from '../../simulator/eventually.ts'
import {
  crashRouter,
  flapSession,
  rebootRouter,
  resetSession,
  startDaemon,
  startRouter,
  stopDaemon,
} from '../../simulator/faults.ts'
import { type HandSpeaker, startHandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { askFlowAgent, sessionsUp } from '../../simulator/router-state.ts'
import { nodeOf } from '../../simulator/topology.ts'
import {
  BIRD,
  FLOW,
  flowState,
  kernelBlackholes,
  noBackbone,
  ROUTERS,
  raiseBackbone,
  tellBlackhole,
  tellFlow,
} from './backbone.ts'

describe('faults of routers', { skip: noBackbone() }, () => {
  let lab: Lab
  let speaker: HandSpeaker

  before(async () => {
    lab = await raiseBackbone('fault')
    speaker = await startHandSpeaker(lab, ROUTERS)
    for (const router of ROUTERS) tellBlackhole(speaker, 'announce', router, lab.addressOf('a1', 4))
    tellFlow(speaker, 'announce', 'destination 203.0.113.11/32; protocol =17;')
    await Promise.all(ROUTERS.map((router) => isHeld(router, true)))
  })
  after(async () => {
    await speaker?.stop()
    await lab?.down()
  })

  const isUp = async (router: string): Promise<boolean> =>
    sessionsUp(lab.runtimeFolder, nodeOf(lab.topology, router)).then(
      (up) => up.includes('speaker'),
      () => false,
    )
  const holds = async (router: string): Promise<boolean> => {
    if (router !== FLOW) return (await kernelBlackholes(lab, router, 4)).length > 0
    const { stdout } = await lab.exec(FLOW, ['nft', 'list', 'table', 'inet', 'flowspec'])
    return stdout.includes('203.0.113.10 ') && stdout.includes('203.0.113.11 ')
  }
  const isHeld = async (router: string, expected: boolean): Promise<void> => {
    const what = `${router} to ${expected ? 'hold' : 'lose'} what it was told`
    await eventually(what, 20_000, async () => (await holds(router)) === expected)
  }
  const comesUp = (router: string): Promise<true> =>
    eventually(`${router}'s session`, 20_000, () => isUp(router))

  for (const router of ROUTERS) {
    test(`a session of ${router} that is reset comes back with its routes`, async () => {
      await resetSession(lab, router)
      await comesUp(router)
      await isHeld(router, true)
    })
  }

  for (const router of ROUTERS) {
    test(`${router} goes on enforcing when its daemons crash, and a start finds all of it again`, async () => {
      await crashRouter(lab, router)
      assert.equal(await isUp(router), false)
      assert.equal(await holds(router), true)
      await startRouter(lab, router)
      await comesUp(router)
      await isHeld(router, true)
    })

    test(`${router} forgets all when it reboots, and is told it anew`, async () => {
      const rebooted = rebootRouter(lab, router)
      await isHeld(router, false)
      await rebooted
      await comesUp(router)
      await isHeld(router, true)
    })
  }

  test('while gobgpd alone is down its rules stand, and then go or stay by what was told meanwhile', async () => {
    tellFlow(speaker, 'announce', 'destination 203.0.113.74/32;')
    await flowState(lab, 'two rules', ({ rules }) => rules.length === 2)
    await stopDaemon(lab, FLOW, 'gobgpd')
    const alone = await eventually('the agent to miss its gobgpd', 5_000, async () => {
      const state = await askFlowAgent(lab.runtimeFolder, FLOW)
      return !state.inStep && state
    })
    assert.deepEqual([alone.rules.length, alone.blackholes.length], [2, 1])
    tellFlow(speaker, 'withdraw', 'destination 203.0.113.74/32;')
    tellFlow(speaker, 'announce', 'destination 203.0.113.75/32;', 'rate-limit 1000')
    await startDaemon(lab, FLOW, 'gobgpd')
    await comesUp(FLOW)
    const { rules, blackholes } = await flowState(lab, 'all that was told', (state) => {
      return state.rules.length === 2 && state.blackholes.length === 1
    })
    assert.deepEqual(
      rules.map(({ act }) => act),
      [{ drop: true }, { rate: 1000 }],
    )
    assert.deepEqual(
      blackholes.map(({ address }) => address),
      [lab.addressOf('a1', 4)],
    )
    tellFlow(speaker, 'withdraw', 'destination 203.0.113.75/32;', 'rate-limit 1000')
    await flowState(lab, 'one rule', (state) => state.rules.length === 1)
  })

  test('a session flaps, and its routes are there afterwards', async () => {
    const upSince = async (): Promise<string | undefined> => {
      const text = await askBird(lab.birdSocket(BIRD), 'show protocols speaker')
      return / up +(\S+) +Established/.exec(text)?.[1]
    }
    const before = await upSince()
    await flapSession(lab, BIRD, 2)
    const after = await upSince()
    assert.ok(before !== undefined && after !== undefined && before !== after, `${before}, ${after}`)
    await isHeld(BIRD, true)
  })
})
