import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import {
  crashRouter,
  flapSession,
  rebootRouter,
  resetSession,
  restartDaemon,
  startRouter,
} from '../../simulator/faults.ts'
import { type HandSpeaker, startHandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { sessionsUp } from '../../simulator/router-state.ts'
import { nodeOf } from '../../simulator/topology.ts'
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

  for (const router of [BIRD, FRR]) {
    test(`a session of ${router} that is reset comes back with its routes`, async () => {
      await resetSession(lab, router)
      await eventually(`${router}'s session to go down`, 5_000, async () => !(await isUp(router)), 1)
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

  test('the flow agent is in step again after its gobgpd alone restarted', async () => {
    tellFlow(speaker, 'announce', 'destination 203.0.113.74/32;')
    await flowState(lab, 'two rules', ({ rules }) => rules.length === 2)
    const restarted = restartDaemon(lab, FLOW, 'gobgpd')
    tellFlow(speaker, 'withdraw', 'destination 203.0.113.74/32;')
    await restarted
    await comesUp(FLOW)
    const { rules } = await flowState(lab, 'the rule that is left', (state) => state.rules.length === 1)
    assert.deepEqual(rules[0]?.act, { drop: true })
  })

  test('a session flaps as often as it is told to', async () => {
    let flaps = 0
    await flapSession(lab, BIRD, 2, async () => {
      const isBack = await isUp(BIRD)
      if (isBack) flaps += 1
      return isBack
    })
    assert.equal(flaps, 2)
  })
})
