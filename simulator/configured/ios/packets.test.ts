import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Netns, noNetns } from '../../../test/helpers/netns.ts'
import { batch, WiredSite } from '../../../test/lab/wired-site.ts'
import { eventually } from '../../eventually.ts'
import { type Crafter, startCrafter } from '../../probe/crafted.ts'
import { ICMP, type Packet, TCP, UDP } from '../filters.ts'
import { packetOracle } from '../oracle.ts'
import { type RunningRouter, startRouter } from '../router.ts'
import { iosDevice } from './ios-device.ts'
import { type Expect, type OpenSsh, openSsh } from './testing/openssh.ts'

const CONFIGURATION = `
hostname edge
object-group network CORDON
 host 192.0.2.255
ip access-list extended FROM-OUTSIDE
 10 permit tcp any any eq bgp
 20 deny ip object-group CORDON any
 30 permit ip any any
ipv6 access-list FROM-OUTSIDE-6
 sequence 9000 permit ipv6 any any
interface GigabitEthernet0/0/0
 ip access-group FROM-OUTSIDE in
 ipv6 traffic-filter FROM-OUTSIDE-6 in
end
`

const FROM: Record<4 | 6, Packet> = {
  4: { in: 'left', out: 'right', source: '198.51.100.7', destination: '203.0.113.66', protocol: UDP },
  6: { in: 'left', out: 'right', source: '2001:db8:a::7', destination: '2001:db8:c::1', protocol: UDP },
}

describe('an IOS-like router in the way of real packets', { skip: noNetns('nft', 'python3', 'ssh') }, () => {
  let site: WiredSite
  let router: RunningRouter
  let crafter: Crafter
  let ssh: OpenSsh
  let shell: Expect

  before(async () => {
    site = new WiredSite()
    site.attach('left', { 4: '198.51.100', 6: '2001:db8:a' })
    site.attach('right', { 4: '203.0.113', 6: '2001:db8:b' })
    site.attach('aside', { 4: '192.0.2', 6: '2001:db8:d' })
    batch(
      site.router,
      'route add 203.0.113.64/26 via 203.0.113.2',
      'route add 2001:db8:c::/48 via 2001:db8:b::2',
    )
    for (const family of [4, 6] as const) {
      await hears(site.netnsOf('left'), site.gatewayOf('left', family))
      for (const node of ['right', 'aside']) await hears(site.router, site.addressOf(node, family))
    }
    router = await startRouter(
      {
        ...{ name: 'edge', kind: 'ios-router', plane: 'nft', configuration: CONFIGURATION },
        users: [{ name: 'admin', password: 'secret' }],
        interfaces: { 'GigabitEthernet0/0/0': 'left', 'GigabitEthernet0/0/1': 'right' },
        options: { interfaces: ['GigabitEthernet0/0/0', 'GigabitEthernet0/0/1'] },
      },
      iosDevice,
      { enter: ['ip', 'netns', 'exec', site.router.name] },
    )
    crafter = await startCrafter(site, { from: 'left', to: 'right', beside: 'aside' })
    ssh = openSsh('secret')
    shell = ssh.shell('127.0.0.1', router.port, 'admin')
    await shell.read(/edge#$/)
    await say('terminal length 0')
    await say('configure terminal')
  })
  after(async () => {
    await shell?.close()
    ssh?.remove()
    await crafter?.stop()
    await router?.stop()
    await site?.dispose()
  })

  async function say(line: string): Promise<string> {
    shell.type(`${line}\r`)
    return await shell.read(/[>#]$/)
  }
  const passes = async (packet: Packet): Promise<boolean> => !(await packetOracle(crafter).isDropped(packet))
  const isStopped = (packet: Packet): Promise<boolean> => packetOracle(crafter, () => false).isDropped(packet)

  test('stops an address for as long as the group has it', async () => {
    assert.ok(await passes(FROM[4]))
    await say('object-group network CORDON')
    await say('host 198.51.100.7')
    assert.ok(await isStopped(FROM[4]))
    assert.ok(await passes({ ...FROM[4], source: '198.51.100.8' }), 'another address passes')
    assert.ok(await passes({ ...FROM[4], protocol: TCP, destinationPort: 179 }), 'BGP goes before it')
    assert.match(
      await say('do show ip access-lists FROM-OUTSIDE'),
      /20 deny ip object-group CORDON any \(1 match\)/,
    )
    await say('no host 198.51.100.7')
    assert.ok(await passes(FROM[4]))
    await say('exit')
  })

  test('stops an address of IPv6 for as long as its line stands', async () => {
    await say('ipv6 access-list FROM-OUTSIDE-6')
    await say('sequence 100 deny ipv6 host 2001:db8:a::7 any')
    assert.ok(await isStopped(FROM[6]))
    assert.ok(await passes({ ...FROM[6], source: '2001:db8:a::8' }))
    assert.match(
      await say('do show ipv6 access-list'),
      /deny ipv6 host 2001:DB8:A::7 any \(\d+ match(es)?\) sequence 100/,
    )
    await say('no sequence 100')
    assert.ok(await passes(FROM[6]))
    await say('no sequence 9000')
    assert.ok(await passes(FROM[6]), 'an empty list stops nothing')
    // what the crafter sends to the side
    await say('permit 253 any any')
    assert.ok(await isStopped(FROM[6]))
    await say('permit icmp any any echo-request')
    assert.ok(await passes({ ...FROM[6], protocol: ICMP[6], icmpType: 128 }))
    await say('permit ipv6 any any')
    await say('exit')
  })

  test('shuts an interface and opens it again', async () => {
    await say('interface gi0/0/1')
    await say('shutdown')
    assert.ok(await isStopped(FROM[4]))
    assert.match(site.router.run('ip', 'link', 'show', 'dev', 'right'), /state DOWN/)
    await say('no shutdown')
    await eventually('the cable to carry again', 10_000, () => passes(FROM[4]))
    await say('exit')
  })

  test('has a hundred lines of a paste in force when its prompt is back', async () => {
    const hosts = Array.from({ length: 100 }, (_, at) => `host 198.51.100.${at + 100}`)
    shell.type(['object-group network CORDON', ...hosts, 'do show clock', ''].join('\r'))
    await shell.read(/UTC[^\r]*\r\n(edge\(config-network-group\)#)$/)
    assert.ok(await isStopped({ ...FROM[4], source: '198.51.100.199' }))
    await router.control.reboot()
    assert.equal(await shell.ended(), 255)
    assert.ok(await passes({ ...FROM[4], source: '198.51.100.199' }))
  })
})

async function hears(netns: Netns, address: string): Promise<void> {
  await eventually(`${address} to hear`, 10_000, () => {
    netns.run('bash', '-c', `echo >/dev/udp/${address}/9`)
    return netns.run('ip', 'neigh', 'show', 'to', address).includes('lladdr')
  })
}
