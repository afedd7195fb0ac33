import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { DROP, type Rule, ruleFromKey } from '../../src/domain/rule.ts'
import { makeNetns, type Netns, noNetns } from '../../test/helpers/netns.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import type { Session } from '../adapter.ts'
import { nftAdapter } from './index.ts'
import { testEnv } from './testbed.ts'

const skip = noNetns('nft', 'perl')
const signal = new AbortController().signal
const PORT = '8080'
const run = promisify(execFile)

const HOST = { 4: '198.18.1.7', 6: '2001:2:0:1::7' }
/** The portal is on the allow list, the shop is not; both stand outside. */
const PORTAL = { 4: '192.0.2.53', 6: '2001:db8::53' }
const SHOP = { 4: '192.0.2.80', 6: '2001:db8::80' }

/** A blocked department as placement makes it of its two prefixes. */
const RULES: readonly Rule[] = [
  'acl4 source=198.18.1.0/24 except=192.0.2.53/32,198.51.100.0/24',
  'acl4 destination=198.18.1.0/24 except=192.0.2.53/32,198.51.100.0/24',
  'acl6 source=2001:2:0:1::/64 except=2001:db8::53/128',
  'acl6 destination=2001:2:0:1::/64 except=2001:db8::53/128',
].map((key) => ruleFromKey(key, DROP))

/** The kernel takes connections of a listener that never accepts them. */
const LISTEN = `
use IO::Socket::IP; $| = 1;
my @s = map { IO::Socket::IP->new(LocalHost => $_, LocalPort => ${PORT}, Listen => 64, V6Only => 1) or die "$_: $@" } @ARGV;
print "listening"; sleep 600;`

/**
 * Connects from one address to another; needs every packet of the handshake, in both directions. A lost first packet is
 * sent again after a second.
 */
const CONNECT = `
use IO::Socket::IP;
my ($from, $to) = @ARGV;
my $s = IO::Socket::IP->new(LocalHost => $from, PeerHost => $to, PeerPort => ${PORT}, Timeout => 2);
print defined $s ? 'open' : 'shut';`

interface Reach {
  readonly portal: readonly string[]
  readonly shop: readonly string[]
}

/** A department and the world, with the firewall between them. */
class Lab {
  readonly #firewall = makeNetns()
  readonly #department = makeNetns()
  readonly #world = makeNetns()
  session!: Session

  async start(): Promise<void> {
    this.#link('dept0', this.#department, ['198.18.1.1/24', '2001:2:0:1::1/64'], [HOST[4], HOST[6]])
    this.#link(
      'world0',
      this.#world,
      ['203.0.113.1/24', '2001:db8:1::1/64'],
      ['203.0.113.2', '2001:db8:1::2'],
    )
    for (const address of [PORTAL[4], SHOP[4], PORTAL[6], SHOP[6]])
      this.#world.run('ip', 'address', 'add', address, 'dev', 'lo')
    this.#firewall.run('ip', 'route', 'add', '192.0.2.0/24', 'via', '203.0.113.2')
    this.#firewall.run('ip', 'route', 'add', '2001:db8::/64', 'via', '2001:db8:1::2')
    this.#firewall.run('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward')
    this.#firewall.run('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding')
    await Promise.all([listen(this.#department), listen(this.#world)])
    this.session = await nftAdapter.open({ namespace: this.#firewall.name }, testEnv(realClock()))
  }

  #link(name: string, peer: Netns, ours: readonly string[], theirs: readonly string[]): void {
    this.#firewall.run('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', peer.name)
    for (const [netns, device, addresses] of [
      [this.#firewall, name, ours],
      [peer, 'eth0', theirs.map((address) => `${address}/${address.includes(':') ? 64 : 24}`)],
    ] as const) {
      netns.run('ip', 'link', 'set', device, 'up')
      for (const address of addresses)
        netns.run(
          ...(['ip', 'address', 'add', address, 'dev', device] as const),
          ...(address.includes(':') ? ['nodad'] : []),
        )
    }
    for (const gateway of ours)
      peer.run('ip', 'route', 'add', 'default', 'via', gateway.slice(0, gateway.indexOf('/')))
  }

  /** What the department reaches, and what reaches it: `open` or `shut`. */
  async reach(family: 4 | 6): Promise<Reach> {
    const both = (other: string): Promise<string[]> =>
      Promise.all([connect(this.#department, HOST[family], other), connect(this.#world, other, HOST[family])])
    const [portal, shop] = await Promise.all([both(PORTAL[family]), both(SHOP[family])])
    return { portal, shop }
  }

  async stop(): Promise<void> {
    await this.session.close()
    for (const netns of [this.#department, this.#world, this.#firewall]) {
      for (const pid of netns.pids()) process.kill(pid, 'SIGKILL')
      netns.remove()
    }
  }
}

async function connect(netns: Netns, from: string, to: string): Promise<string> {
  const { stdout } = await run('ip', ['netns', 'exec', netns.name, 'perl', '-e', CONNECT, from, to])
  return stdout
}

function listen(netns: Netns): Promise<void> {
  const child = spawn('ip', ['netns', 'exec', netns.name, 'perl', '-e', LISTEN, '0.0.0.0', '::'])
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', () => reject(new Error('the listener ended')))
  })
}

const OPEN = { portal: ['open', 'open'], shop: ['open', 'open'] }
const BLOCKED = { portal: ['open', 'open'], shop: ['shut', 'shut'] }

describe('a blocked department behind this firewall', { skip }, () => {
  if (skip !== false) return
  const lab = new Lab()
  before(() => lab.start())
  after(() => lab.stop())

  for (const family of [4, 6] as const)
    test(`reaches the allow list and is reached from it, and nothing else, in IPv${family}`, async () => {
      assert.deepEqual(await lab.reach(family), OPEN)
      const receipt = await lab.session.apply({ put: RULES, remove: [] }, signal)
      for (const rule of RULES) assert.equal(receipt.get(rule.key)?.result, 'done')
      assert.deepEqual(await lab.reach(family), BLOCKED)
      const counted = await lab.session.counters?.(RULES, signal)
      const [from, to] = RULES.filter(({ key }) => key.startsWith(`acl${family}`))
      for (const rule of [from, to])
        assert.ok((counted?.get(rule?.key ?? '')?.packets ?? 0) > 0, `${rule?.key} has met something`)
      await lab.session.apply({ put: [], remove: RULES }, signal)
      assert.deepEqual(await lab.reach(family), OPEN)
    })

  test('an exception of one block opens nothing that another block closes', async () => {
    const host = ruleFromKey(`acl4 source=${HOST[4]}/32`, DROP)
    await lab.session.apply({ put: [...RULES, host], remove: [] }, signal)
    assert.deepEqual(await lab.reach(4), { portal: ['shut', 'shut'], shop: ['shut', 'shut'] })
    await lab.session.apply({ put: [], remove: [host] }, signal)
    assert.deepEqual(await lab.reach(4), BLOCKED)
    await lab.session.apply({ put: [], remove: RULES }, signal)
  })
})
