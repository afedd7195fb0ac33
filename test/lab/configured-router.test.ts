import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { controlAt } from '../../simulator/configured/control-socket.ts'
import { packetOracle } from '../../simulator/configured/oracle.ts'
import { controlSocketPath } from '../../simulator/engine/router-command.ts'
import { eventually } from '../../simulator/eventually.ts'
import { crashRouter, rebootRouter, startRouter } from '../../simulator/faults.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type Crafter, startCrafter } from '../../simulator/probe/crafted.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'

const TALK = join(import.meta.dirname, '../../simulator/netconf/talk.py')
const PYTHON = '/usr/bin/python3'
const hasNcclient = spawnSync(PYTHON, ['-c', 'import ncclient'], { stdio: 'ignore' }).status === 0
const skip =
  whyNoLab(['bird-router', 'gobgp-router', 'junos-router', 'ios-router', 'sshd']) ??
  (hasNcclient ? false : 'python3-ncclient is not installed')

const START = ['inet', 'inet6']
  .flatMap((family) => [
    `set firewall family ${family} filter BLOCK term to from destination-prefix-list CORDON`,
    `set firewall family ${family} filter BLOCK term to then count dropped`,
    `set firewall family ${family} filter BLOCK term to then discard`,
    `set firewall family ${family} filter BLOCK term rest then accept`,
    `set interfaces to-border-bird unit 0 family ${family} filter input BLOCK`,
  ])
  .join('\n')

describe('a simulated router that is configured, in a lab', { skip }, () => {
  let lab: Lab
  let crafter: Crafter

  before(async () => {
    const core = `set policy-options prefix-list CORDON 192.0.2.255/32\n${START}`
    lab = await raiseLab({
      topology: 'nren',
      name: 'nrentest',
      engine: 'netns',
      tied: true,
      imports: { core },
    })
    crafter = await startCrafter(lab, { from: 'attacker', to: 'e1', beside: 'd1' })
  })
  after(async () => {
    await crafter?.stop()
    await lab?.down()
  })

  test('drops real packets after a commit, through a crash and a reboot, until it is told otherwise', async () => {
    await passes(4)
    await passes(6)
    const e1 = [lab.addressOf('e1', 4), lab.addressOf('e1', 6)]
    await commit(e1.map((address) => `set policy-options prefix-list CORDON ${address}`))
    await drops(4)
    await drops(6)
    const control = controlAt(controlSocketPath(lab.runtimeFolder, 'core'))
    assert.ok(((await control.counters())['BLOCK/dropped'] ?? 0) >= 2, 'the kernel counts')
    await crashRouter(lab, 'core')
    await drops(4)
    await startRouter(lab, 'core')
    await drops(4)
    await rebootRouter(lab, 'core')
    await drops(6)
    await commit(e1.map((address) => `delete policy-options prefix-list CORDON ${address}`))
    await passes(4)
    await passes(6)
  })

  test('shuts an interface and opens it again with its routes', async () => {
    const control = controlAt(controlSocketPath(lab.runtimeFolder, 'core'))
    await control.edit('set interfaces to-edge-ios disable')
    await drops(4)
    await control.edit('delete interfaces to-edge-ios disable')
    await eventually('the way to e1', 10_000, async () => await isThrough(4))
    await eventually('the way to e1 by IPv6', 10_000, async () => await isThrough(6))
  })

  const packet = (family: 4 | 6) => ({
    in: 'to-border-bird',
    source: lab.addressOf('attacker', family),
    destination: lab.addressOf('e1', family),
    protocol: 17,
  })
  const isThrough = async (family: 4 | 6): Promise<boolean> =>
    !(await packetOracle(crafter).isDropped(packet(family)))
  const passes = async (family: 4 | 6): Promise<void> => assert.equal(await isThrough(family), true)
  const drops = async (family: 4 | 6): Promise<void> =>
    assert.equal(await packetOracle(crafter, () => false).isDropped(packet(family)), true)

  /** From the controller's place, by a client that others wrote. */
  async function commit(lines: readonly string[]): Promise<void> {
    const words = [PYTHON, TALK, '203.0.113.233', '830', 'junos']
    const child = lab.spawnIn('mgmt', words, { stdio: ['pipe', 'pipe', 'inherit'], timeout: 30_000 })
    const said = [
      ['load_configuration', { action: 'set', config: lines }],
      ['commit', {}],
    ]
    child.stdin?.end(said.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const answers: unknown[] = []
    if (child.stdout)
      for await (const line of createInterface({ input: child.stdout })) answers.push(JSON.parse(line))
    assert.equal(answers.length, 2)
    for (const answer of answers) assert.ok(Object.hasOwn(answer as object, 'reply'), JSON.stringify(answer))
  }
})
