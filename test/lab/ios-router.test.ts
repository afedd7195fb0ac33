import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import type { RouterControl } from '../../simulator/configured/control.ts'
import { controlAt } from '../../simulator/configured/control-socket.ts'
import type { Packet } from '../../simulator/configured/filters.ts'
import { newHostKey } from '../../simulator/configured/host-key.ts'
import { type Expect, type OpenSsh, openSsh } from '../../simulator/configured/ios/testing/openssh.ts'
import { packetOracle } from '../../simulator/configured/oracle.ts'
import { controlSocketPath } from '../../simulator/engine/router-command.ts'
import { eventually } from '../../simulator/eventually.ts'
import { crashRouter, rebootRouter, startRouter } from '../../simulator/faults.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type Crafter, startCrafter } from '../../simulator/probe/crafted.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { statusOfAll } from '../../simulator/status.ts'

const TOPOLOGY = {
  name: 'ios',
  nodes: {
    outside: { kind: 'host', routes: { default: 'core' } },
    core: {
      kind: 'ios-router',
      ssh: {
        users: [{ name: 'admin', password: 'secret' }],
        hostKey: newHostKey().secret,
        options: { enablePassword: 'x' },
      },
    },
    inside: { kind: 'host', routes: { default: 'core' } },
    beside: { kind: 'host', routes: { default: 'core' } },
    mgmt: { kind: 'mgmt' },
  },
  links: [
    { outside: ['198.51.100.2/24', '2001:db8:a::2/64'], core: ['198.51.100.1/24', '2001:db8:a::1/64'] },
    { core: ['203.0.113.1/26', '2001:db8:b::1/64'], inside: ['203.0.113.2/26', '2001:db8:b::2/64'] },
    { core: ['203.0.113.65/26', '2001:db8:c::1/64'], beside: ['203.0.113.66/26', '2001:db8:c::2/64'] },
    { core: ['192.0.2.1/30', '2001:db8:d::1/64'], mgmt: ['192.0.2.2/30', '2001:db8:d::2/64'] },
  ],
}

const FROM: Packet = {
  in: 'to-outside',
  out: 'to-inside',
  source: '198.51.100.2',
  destination: '203.0.113.2',
  protocol: 17,
}

describe('an ios-router of a lab', { skip: whyNoLab(['ios-router']) ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-topology-'))
  let lab: Lab
  let crafter: Crafter
  let ssh: OpenSsh
  let shell: Expect
  let control: RouterControl

  before(async () => {
    const file = join(folder, 'ios.yaml')
    writeFileSync(file, stringify(TOPOLOGY))
    lab = await raiseLab({ topology: file, name: 'ios', engine: 'netns', tied: true })
    control = controlAt(controlSocketPath(lab.runtimeFolder, 'core'))
    crafter = await startCrafter(lab, { from: 'outside', to: 'inside', beside: 'beside' })
    ssh = openSsh('secret')
  })
  after(async () => {
    await shell?.close()
    ssh?.remove()
    await crafter?.stop()
    await lab?.down()
    rmSync(folder, { recursive: true, force: true })
  })

  async function logIn(family: 4 | 6): Promise<void> {
    const [address] =
      lab.topology.nodes
        .get('core')
        ?.interfaces.at(-1)
        ?.addresses.filter((one) => one.family === family) ?? []
    shell = ssh.shell(address?.address ?? '', 22, 'admin', lab.enter('mgmt'))
    await shell.read(/core#$/)
    await say('terminal length 0')
  }

  async function say(line: string): Promise<string> {
    shell.type(`${line}\r`)
    return await shell.read(/[>#]$/)
  }

  it('is reached from mgmt, knows its addresses, and stops what it is told to', async () => {
    await logIn(4)
    assert.match(
      await say('show running-config interface gi0/0/0'),
      /ip address 198\.51\.100\.1 255\.255\.255\.0/,
    )
    assert.equal(await packetOracle(crafter).isDropped(FROM), false)
    for (const line of [
      ...['configure terminal', 'object-group network CORDON', 'host 198.51.100.2'],
      ...[
        'ip access-list extended EDGE',
        'permit 253 any any',
        'deny ip object-group CORDON any',
        'permit ip any any',
      ],
      ...['interface gi0/0/0', 'ip access-group EDGE in', 'end'],
    ])
      await say(line)
    assert.equal(await packetOracle(crafter, () => false).isDropped(FROM), true)
    assert.match(await say('show ip access-lists EDGE'), /object-group CORDON any \(1 match\)/)
    const [status] = (await statusOfAll()).filter(({ name }) => name === 'ios')
    assert.equal(status?.health, 'up')
    assert.match(status?.nodes.find(({ node }) => node === 'core')?.daemon ?? '', /^ios, port 22, SHA256:/)
  })

  it('has forgotten it after a reboot, and is the same router', async () => {
    const before = await control.identity()
    await rebootRouter(lab, 'core')
    assert.deepEqual(await control.identity(), before)
    assert.equal(await packetOracle(crafter).isDropped(FROM), false)
    await logIn(6)
    assert.doesNotMatch(await say('show running-config'), /CORDON/)
  })

  it('knows after a crash what it was told to write, and opens what was shut and not written', async () => {
    for (const line of ['configure terminal', 'object-group network KEPT', 'host 192.0.2.9', 'end'])
      await say(line)
    assert.match(await say('write memory'), /\[OK\]/)
    await control.edit('interface gi0/0/1\nshutdown')
    assert.equal(await packetOracle(crafter, () => false).isDropped(FROM), true)
    await crashRouter(lab, 'core')
    await startRouter(lab, 'core')
    assert.match(await control.running(), /object-group network KEPT/)
    await eventually('the way inside', 10_000, async () => !(await packetOracle(crafter).isDropped(FROM)))
  })
})
