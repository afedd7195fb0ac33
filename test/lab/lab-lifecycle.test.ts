import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Family } from '../../simulator/addresses.ts'
import { askBird } from '../../simulator/bird-socket.ts'
import { whyNotPodman } from '../../simulator/engine/podman.ts'
import { eventually } from '../../simulator/eventually.ts'
import { startForwarder } from '../../simulator/forward.ts'
import { attachLab, type Lab } from '../../simulator/lab-handle.ts'
import { type Flow, startProbe, usualFlows } from '../../simulator/probe/probe.ts'
import { processesOfLab } from '../../simulator/processes.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { runtimeFolderOf } from '../../simulator/runtime-folder.ts'
import { downLab, namespacesOf, sweepAbandoned } from '../../simulator/teardown.ts'
import { resolveTopology } from '../../simulator/topology.ts'
import { checkTopologyFile } from '../../simulator/topology-file.ts'

const LAB_CLI = join(import.meta.dirname, '../../simulator/lab.ts')
const noLab = whyNoLab()
const noPodman = noLab ?? (await whyNotPodman())
const noExabgp =
  noLab ?? (spawnSync('exabgp', ['--version']).status === 0 ? undefined : 'not installed: exabgp')
const HOST_BITS = { 4: 32, 6: 128 } as const

/** Two sessions of these tests on one machine must not meet. */
function labName(purpose: string): string {
  return `${purpose}-${process.pid}`
}

/** What a lab must leave as it was: the parts of the root namespace that a network could touch. */
function rootNamespace(): string {
  const commands = [
    ['nft', 'list', 'ruleset'],
    ['sh', '-c', 'ip rule; ip -6 rule'],
    ['ip', 'route', 'show', 'table', 'all'],
    ['sh', '-c', 'ls /sys/class/net'],
    ['sysctl', 'net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding', 'net.ipv4.conf.default.rp_filter'],
  ]
  return commands
    .map(
      ([file = '', ...args]) =>
        `${file} ${args.join(' ')}\n${spawnSync(file, args, { encoding: 'utf8' }).stdout}`,
    )
    .join('\n')
}

function assertNothingLeft(name: string): void {
  assert.deepEqual(namespacesOf(name), [])
  assert.deepEqual(processesOfLab(runtimeFolderOf(name), []), [])
  assert.equal(existsSync(runtimeFolderOf(name)), false)
  assert.equal(existsSync(`${runtimeFolderOf(name)}.lock`), false)
}

function assertNoContainerLeft(name: string): void {
  const { stdout } = spawnSync('podman', ['ps', '--all', '--format', '{{.Names}}'], { encoding: 'utf8' })
  assert.deepEqual(
    stdout.split('\n').filter((container) => container.startsWith(`cordon.${name}.`)),
    [],
  )
}

async function kernelBlackholes(lab: Lab, family: Family): Promise<string[]> {
  const { stdout } = await lab.exec('border-bird', ['ip', `-${family}`, 'route', 'show', 'type', 'blackhole'])
  return stdout.split('\n').flatMap((line) => /^blackhole (\S+)/.exec(line)?.[1] ?? [])
}

describe('a topology file', () => {
  const link = (address: string): unknown => ({ r: [address], h: ['203.0.113.2/24'] })
  const nodes = { r: { kind: 'linux-router' }, h: { kind: 'host', routes: { default: 'r' } } }
  const wrong: [string, unknown, RegExp][] = [
    ['an unknown field', { name: 'x', nodes, links: [], colour: 'red' }, /additional properties/],
    ['an address of the real world', { name: 'x', nodes, links: [link('192.0.3.1/24')] }, /documentation/],
    [
      'a router that is no neighbour',
      { name: 'x', nodes, links: [link('192.0.2.1/24')] },
      /no IPv4 neighbour/,
    ],
    [
      'a link to nowhere',
      { name: 'x', nodes: { r: nodes.r }, links: [link('203.0.113.1/24')] },
      /no node "h"/,
    ],
    [
      'settings for a daemon it has not',
      { name: 'x', nodes: { r: { kind: 'bird-router' } }, links: [] },
      /go together/,
    ],
    [
      'names for interfaces that its links number',
      {
        name: 'x',
        nodes: { r: { kind: 'ios-router', ssh: { users: [{ name: 'u' }], interfaces: { a: 'b' } } } },
        links: [],
      },
      /numbered by its links/,
    ],
    [
      "another server's settings for a Linux router's",
      {
        name: 'x',
        nodes: { r: { kind: 'linux-router', ssh: { users: [{ name: 'u' }], options: {} } } },
        links: [],
      },
      /no interfaces and options/,
    ],
  ]
  for (const [what, value, complaint] of wrong) {
    test(`with ${what} is refused`, () => {
      assert.throws(() => resolveTopology(checkTopologyFile(value, 'x.yaml')), complaint)
    })
  }
})

describe('a lab of plain namespaces', { skip: noLab ?? false }, () => {
  const name = labName('life')
  const untouched = noLab ? '' : rootNamespace()
  let lab: Lab

  before(async () => {
    lab = await raiseLab({ name, engine: 'netns', tied: true })
  })
  after(async () => {
    await downLab(name)
  })

  for (const family of [4, 6] as const) {
    test(`a blackhole stops one host's IPv${family} and never its neighbour's`, async () => {
      const flows = [
        ...usualFlows('a1', 'a2', family),
        { name: 'other-department', to: 'b1', family, port: 9001, hz: 200 },
      ]
      const probe = await startProbe(lab, { flows, neighbours: ['next-host', 'other-department'] })
      const victim = `${lab.addressOf('a1', family)}/${HOST_BITS[family]}`

      const added = probe.mark()
      await lab.exec('border-bird', ['ip', 'route', 'add', 'blackhole', victim])
      const { lastThrough } = await probe.stopped('victim', { after: added })
      await probe.stopped('same-host', { after: added })
      const removed = probe.mark()
      await lab.exec('border-bird', ['ip', 'route', 'del', 'blackhole', victim])
      const { firstBack } = await probe.resumed('victim', { after: removed })

      assert.ok(lastThrough.sentAt < removed)
      assert.ok(firstBack.seq > lastThrough.seq && firstBack.receivedAt > removed)
      assert.ok(probe.gaps('victim').missing > 0)
      for (const gaps of probe.neighbourGaps())
        assert.equal(gaps.missing - gaps.droppedByReceiver, 0, JSON.stringify(gaps))
      await probe.stop()
    })
  }

  test('a stream that goes on is not called stopped, nor one that never stopped resumed', async () => {
    const to = (name: string, port: number): Flow => ({ name, to: 'b2', family: 4, port, hz: 500 })
    const flows = [to('on', 9005), to('beside', 9006)]
    const probe = await startProbe(lab, { from: 'visitor', flows, neighbours: ['beside'] })
    await assert.rejects(probe.stopped('on', { after: probe.mark(), deadlineMs: 200 }), /on to stop/)
    await assert.rejects(probe.resumed('on', { after: probe.mark(), deadlineMs: 200 }), /on to resume/)
    await probe.stop()
  })

  test('a socket inside the lab is reached from the loopback outside', async () => {
    const path = lab.socketPath('api.sock')
    const server: Server = createServer((_request, response) => response.end('from inside')).listen(path)
    await once(server, 'listening')
    const forwarder = await startForwarder(lab.runtimeFolder, 0, path)
    const answer = await fetch(`http://127.0.0.1:${forwarder.port}/`)
    assert.equal(await answer.text(), 'from inside')
    await forwarder.stop()
    server.closeAllConnections()
    server.close()
  })

  test('border-bird takes marked host routes of its own space and nothing else', {
    skip: noExabgp ?? false,
  }, async () => {
    const good = 'community [65535:666 65010:911]'
    const offered = [
      `route 203.0.113.77/32 next-hop 192.0.2.1 ${good};`,
      `route 2001:db8:101::77/128 next-hop 100::1 ${good};`,
      `route 203.0.113.64/26 next-hop 192.0.2.1 ${good};`,
      `route 2001:db8:101::/64 next-hop 100::1 ${good};`,
      `route 198.51.100.10/32 next-hop 192.0.2.1 ${good};`,
      `route 203.0.113.242/32 next-hop 192.0.2.1 ${good};`,
      `route 2001:db8:100:2::2/128 next-hop 100::1 ${good};`,
      'route 203.0.113.78/32 next-hop 192.0.2.1 community [65535:666];',
      'route 203.0.113.79/32 next-hop 192.0.2.1 community [65010:911];',
    ]
    const config = join(lab.runtimeFolder, 'exabgp.conf')
    writeFileSync(
      config,
      `neighbor 203.0.113.241 { router-id 203.0.113.242; local-address 203.0.113.242; local-as 65010; peer-as 65010;
        family { ipv4 unicast; ipv6 unicast; } static { ${offered.join('\n')} } }`,
    )
    const speaker = lab.spawnIn('mgmt', ['exabgp', config], {
      stdio: 'ignore',
      env: {
        'exabgp.daemon.user': 'root',
        'exabgp.daemon.drop': 'false',
        'exabgp.tcp.bind': '',
        'exabgp.api.cli': 'false',
      },
    })
    await eventually('BIRD to have heard every route', 15_000, async () => {
      const told = await askBird(lab.birdSocket('border-bird'), 'show protocols all "speaker"')
      const updates = [...told.matchAll(/Import updates:\s+(\d+)/g)].map((match) => Number(match[1]))
      return updates.reduce((sum, count) => sum + count, 0) === offered.length
    })
    await eventually('the kernel to hold it', 2_000, async () => (await kernelBlackholes(lab, 6)).length > 0)
    assert.deepEqual(await kernelBlackholes(lab, 4), ['203.0.113.77'])
    assert.deepEqual(await kernelBlackholes(lab, 6), ['2001:db8:101::77'])
    speaker.kill('SIGKILL')
  })

  test('a lab that is up is not raised over', async () => {
    await assert.rejects(raiseLab({ name, engine: 'netns' }), /already up/)
    assert.equal(attachLab(name).namespaceOf('a1'), lab.namespaceOf('a1'))
  })

  test('going down ends every process and leaves the root namespace as it was', async () => {
    const left = lab.spawnIn('mgmt', ['sleep', '600'], { detached: true, stdio: 'ignore' })
    await lab.down()
    await eventually('the process to be reaped', 2_000, () => left.signalCode === 'SIGKILL')
    assertNothingLeft(name)
    assert.equal(rootNamespace(), untouched)
    await lab.down()
  })
})

/** Starts `up` as a process of its own and kills it at the moment that `reached` names. */
async function killDuringUp(name: string, engine: string, reached: () => boolean): Promise<void> {
  const argv = ['--import', 'tsx', LAB_CLI, 'up', '--name', name, '--engine', engine]
  const child = spawn(process.execPath, argv, { stdio: 'ignore' })
  const ended = once(child, 'close')
  await eventually('the moment to strike', 20_000, reached, 1)
  child.kill('SIGKILL')
  await ended
}

function crashMoments(name: string): [string, () => boolean][] {
  const folder = runtimeFolderOf(name)
  return [
    ['having written its plan', () => existsSync(join(folder, 'lab.json'))],
    ['half of its namespaces', () => namespacesOf(name).length > 3],
    ['its routers starting', () => existsSync(join(folder, 'border-bird.conf'))],
  ]
}

describe('a lab whose raiser is killed', { skip: noLab ?? false }, () => {
  for (const [moment, reached] of crashMoments(labName('crash'))) {
    test(`${moment} is cleared away`, async () => {
      const name = labName('crash')
      const untouched = rootNamespace()
      await killDuringUp(name, 'netns', reached)
      await downLab(name)
      assertNothingLeft(name)
      assert.equal(rootNamespace(), untouched)
    })
  }

  test('is raised anew by the next up', async () => {
    const name = labName('again')
    await killDuringUp(name, 'netns', () => namespacesOf(name).length > 3)
    const lab = await raiseLab({ name, engine: 'netns', tied: true })
    assert.match(await askBird(lab.birdSocket('border-bird'), 'show status'), /up and running/)
    await lab.down()
    assertNothingLeft(name)
  })

  test('is swept when it was tied to a process that died', async () => {
    const name = labName('tied')
    const script = `import(${JSON.stringify(join(import.meta.dirname, '../../simulator/raise.ts'))}).then((m) =>
      m.raiseLab({ name: ${JSON.stringify(name)}, engine: 'netns', tied: true }))`
    spawnSync(process.execPath, ['--import', 'tsx', '-e', script], { stdio: 'inherit' })
    assert.ok(namespacesOf(name).length > 0)
    assert.ok((await sweepAbandoned()).includes(name))
    assertNothingLeft(name)
  })
})

describe('a lab of containers', { skip: noPodman ?? false }, () => {
  test('comes up, enforces, and leaves nothing', async () => {
    const name = labName('pod')
    const untouched = rootNamespace()
    const lab = await raiseLab({ name, engine: 'podman', tied: true })
    const inside = spawnSync(lab.enter('border-bird')[0] ?? '', [
      ...lab.enter('border-bird').slice(1),
      'cat',
      '/proc/1/comm',
    ])
    assert.equal(inside.stdout.toString(), 'bird\n')
    const probe = await startProbe(lab, { flows: usualFlows('b1', 'b2', 6), neighbours: ['next-host'] })
    const added = probe.mark()
    await lab.exec('border-linux', ['ip', 'route', 'add', 'blackhole', `${lab.addressOf('b1', 6)}/128`])
    await probe.stopped('victim', { after: added })
    assert.equal(probe.neighbourGaps()[0]?.missing, 0)
    await probe.stop()
    await lab.down()
    assertNothingLeft(name)
    assertNoContainerLeft(name)
    assert.equal(rootNamespace(), untouched)
  })

  test('killed while its containers start is cleared away', async () => {
    const name = labName('podcrash')
    const untouched = rootNamespace()
    await killDuringUp(name, 'podman', () => existsSync(join(runtimeFolderOf(name), 'border-bird.conf')))
    await downLab(name)
    assertNothingLeft(name)
    assertNoContainerLeft(name)
    assert.equal(rootNamespace(), untouched)
  })
})
