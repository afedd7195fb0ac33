import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bench, INSIDE, OUTSIDE, typist } from './testing/bench.ts'

const GROUP = ['configure terminal', 'object-group network CORDON']

describe('states', () => {
  test('of interfaces and neighbours follow the configuration and are logged', async () => {
    const world = bench()
    const { type } = typist(world)
    await type('conf t', 'interface gi0/0/1', 'ip address 192.0.2.1 255.255.255.252', 'shutdown')
    await type('router bgp 65010', 'neighbor 192.0.2.2 remote-as 65020', 'neighbor 192.0.2.2 shutdown')
    await type('neighbor 2001:db8:1234:5678::2 remote-as 65020', 'end')
    const brief = await type('show ip int brief | include 0/0/1')
    assert.match(brief.join(), /^GigabitEthernet0\/0\/1 +192.0.2.1 +YES manual administratively down down$/)
    const [, detail] = await type('show interfaces gi0/0/1')
    assert.equal(detail, '  Internet address is 192.0.2.1/30')
    assert.match(
      (await type('show ip bgp summary | include 65020')).join(),
      /^192\.0\.2\.2 .* Idle \(Admin\)$/,
    )
    assert.match((await type('show bgp ipv6 unicast summary')).slice(-1).join(), / 01:00:00 +0$/)
    assert.ok(world.log().some((line) => line.includes(`${INSIDE}, changed state to administratively down`)))
    assert.ok(world.log().some((line) => line.includes('neighbor 192.0.2.2 Down Admin. shutdown')))
    assert.match(
      world.log().at(-1) ?? '',
      /^\*Nov 22 12:00:00\.005: %SYS-5-CONFIG_I: Configured .* by cordon on vty0/,
    )
  })

  test('are told with the clock of the router', async () => {
    assert.deepEqual(await typist(bench()).type('show clock'), ['12:00:00.005 UTC Sun Nov 22 2026'])
  })
})

describe('the configuration', () => {
  test('is shown whole, of one interface, or by sections and lines', async () => {
    const { type } = typist(bench())
    await type(...GROUP, 'host 192.0.2.1', 'interface gi0/0/0', 'description towards all', 'end')
    const whole = await type('show running-config')
    assert.deepEqual(whole.slice(0, 2), ['Building configuration...', ''])
    assert.match(whole[2] ?? '', /^Current configuration : \d+ bytes$/)
    assert.deepEqual(whole.slice(-2), ['end', ''])
    const group = ['object-group network CORDON ', ' host 192.0.2.1 ']
    assert.deepEqual(await type('show run | section object-group'), group)
    assert.deepEqual(await type('show run | s host 192'), group)
    assert.deepEqual(await type('show run | include desc|hostname'), [
      'hostname r1',
      ' description towards all',
    ])
    const one = await type('show run interface gi0/0/0')
    assert.deepEqual(one.slice(-5), [
      ...[`interface ${OUTSIDE}`, ' description towards all', ' no ip address', 'end', ''],
    ])
  })

  test('may be saved from within it, and that stays there', async () => {
    const { type, session } = typist(bench())
    await type('conf t', 'hostname r2', 'do copy running-config startup-config')
    assert.match(session.prompt, /^Destination filename/)
    await type('', 'do exit', 'do disable')
    assert.equal(session.prompt, 'r2(config)#')
    assert.deepEqual(await type('do show startup-config | include hostname'), ['hostname r2'])
  })

  test('is kept for a start only when it is saved', async () => {
    const { type, session } = typist(bench())
    await type('conf t', 'hostname r2', 'end')
    assert.deepEqual(await type('show startup-config | include hostname'), [])
    await type('copy running-config startup-config')
    assert.equal(session.prompt, 'Destination filename [startup-config]? ')
    assert.deepEqual(await type(''), ['Building configuration...', '[OK]'])
    assert.deepEqual(await type('show startup-config | include hostname'), ['hostname r2'])
    await type('conf t', 'hostname r3', 'end', 'wr')
    assert.deepEqual(await type('show startup-config | include hostname'), ['hostname r3'])
  })
})

describe('room for entries', () => {
  const rule = [
    'ip access-list extended A',
    'deny ip object-group CORDON any',
    'interface gi0/0/0',
    'ip access-group A in',
  ]
  const blocked = { source: '192.0.2.2', destination: '198.51.100.1' }

  test('that is not there is refused', async () => {
    const world = bench()
    const { type } = typist(world)
    world.faults.arm({ kind: 'entry-limit', most: 1, at: 'edit' })
    assert.deepEqual(await type(...GROUP, 'host 192.0.2.1', 'host 192.0.2.2'), [
      ...['% Resource limit of 1 entries exceeded', ''],
    ])
    assert.doesNotMatch(world.config(), /192\.0\.2\.2/)
  })

  test('is told to the log alone, or to nobody', async () => {
    for (const at of ['commit', 'silent'] as const) {
      const world = bench()
      const { type } = typist(world)
      await type(...GROUP, 'host 192.0.2.1', ...rule)
      world.faults.arm({ kind: 'entry-limit', most: 2, at })
      assert.deepEqual(await type('object-group network CORDON', 'host 192.0.2.2'), [])
      assert.match(world.config(), /host 192\.0\.2\.2/)
      assert.equal(
        world.log().some((line) => line.includes('%ACL_ERRMSG-4-UNLOADED')),
        at === 'commit',
      )
      assert.equal(world.isDropped({ ...blocked, source: '192.0.2.1' }), true)
    }
  })

  test('is not there for lines of IPv6 either', async () => {
    const world = bench()
    const { type } = typist(world)
    await type('conf t', 'ipv6 access-list B', 'sequence 10 deny ipv6 host 2001:db8::1 any')
    await type('sequence 90 permit ipv6 any any', 'interface gi0/0/0', 'ipv6 traffic-filter B in')
    world.faults.arm({ kind: 'entry-limit', most: 4, at: 'silent' })
    assert.deepEqual(await type('ipv6 access-list B', 'sequence 20 deny ipv6 host 2001:db8::2 any'), [])
    assert.match(world.config(), /sequence 20 deny ipv6 host 2001:DB8::2 any/)
    const dropped = (source: string): boolean => world.isDropped({ source, destination: '2001:db8:f::1' })
    assert.deepEqual(['2001:db8::1', '2001:db8::2'].map(dropped), [true, false])
  })
})
