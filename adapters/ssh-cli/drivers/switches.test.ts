import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type SwitchRule, switchRule } from '../../../src/domain/rule.ts'
import { holds } from '../../../test/helpers/property.ts'
import { AdapterError } from '../../adapter.ts'
import { isAbsent, type Sight } from '../../switching/panel.ts'
import type { CliSwitches } from '../driver.ts'
import { frrSwitches } from './frr-switches.ts'
import { iosSwitches } from './ios-switches.ts'

const port = (name: string): SwitchRule => switchRule('interface-down', name)
const peer = (name: string): SwitchRule => switchRule('neighbour-down', name)

/** Where each is, as the text says: `up`, `down`, or the words for none. */
function seen(driver: CliSwitches, rules: readonly SwitchRule[], ...answers: string[]): (Sight | string)[] {
  const look = driver.read(
    rules,
    answers.map((text) => text.split('\n')),
  )
  return rules.map((rule) => {
    const sight = look.sight(rule)
    return isAbsent(sight) ? `none: ${sight.absent}` : sight
  })
}

const notUnderstood = (run: () => unknown, errorClass: string): void =>
  assert.throws(run, (error) => error instanceof AdapterError && error.class === errorClass)

const IOS = `interface GigabitEthernet0/0/0
 description shutdown
 ip address 192.0.2.1 255.255.255.252
 service instance 1 ethernet
  shutdown
interface GigabitEthernet0/0/0.100
 shutdown
interface Loopback0
 no ip address
 shutdown
 no ip redirects
router bgp 65010
 neighbor 192.0.2.2 remote-as 65020
 neighbor 192.0.2.3 peer-group EDGE
 neighbor EDGE shutdown
 neighbor 192.0.2.4 remote-as 65020
 neighbor 192.0.2.4 shutdown
 neighbor 2001:DB8:0:0:0:0:0:1 remote-as 65020
 neighbor 2001:DB8::1 shutdown
 neighbor 192.0.2.6 remote-as 65020
 neighbor 192.0.2.6 shutdown graceful 600 community 3
 address-family ipv4 vrf CUSTOMER
  neighbor 10.0.0.9 remote-as 65099
  neighbor 192.0.2.2 shutdown`

describe('switches of ios', () => {
  it('are down where a line of their own says so, and not one that is set in deeper', () => {
    const ports = ['GigabitEthernet0/0/0', 'GigabitEthernet0/0/0.100', 'Loopback0'].map(port)
    assert.deepEqual(seen(iosSwitches, ports, IOS), ['up', 'down', 'down'])
    const peers = ['192.0.2.2', '192.0.2.3', '192.0.2.4', '2001:db8::1', '192.0.2.6'].map(peer)
    assert.deepEqual(seen(iosSwitches, peers, IOS), ['up', 'up', 'down', 'down', 'down'])
  })

  it('are not there with a name that is cut short, or in a VRF', () => {
    const [short, vrf] = seen(iosSwitches, [port('Loopback'), peer('10.0.0.9')], IOS)
    assert.match(String(short), /^none: there is no interface Loopback/)
    assert.match(String(vrf), /^none: there is no BGP neighbour 10\.0\.0\.9/)
  })

  it('are turned in their places, and one that is not there is never made', () => {
    const rules = [port('GigabitEthernet0/0/0.100'), peer('2001:db8::1'), port('Loopback7'), peer('10.0.0.9')]
    const [sub, neighbour, ...absent] = rules
    const look = iosSwitches.read(rules, [IOS.split('\n')])
    assert.ok(sub && neighbour)
    assert.deepEqual(look.turn(sub, 'up'), {
      place: { line: 'interface GigabitEthernet0/0/0.100', mode: '(config-subif)#' },
      edits: [{ line: 'no shutdown', keys: [sub.key] }],
    })
    assert.deepEqual(look.turn(neighbour, 'down'), {
      place: { line: 'router bgp 65010', mode: '(config-router)#' },
      edits: [{ line: 'neighbor 2001:db8::1 shutdown', keys: [neighbour.key] }],
    })
    for (const rule of absent) notUnderstood(() => look.turn(rule, 'down'), 'rejected')
  })

  it('are not told by an answer without any interface', () => {
    for (const text of ['', 'router bgp 65010\n neighbor 192.0.2.4 remote-as 1'])
      notUnderstood(() => seen(iosSwitches, [peer('192.0.2.4')], text), 'rejected')
  })

  it('stand as written, whatever stands beside them', () =>
    holds(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean(), noise()), { minLength: 1 }), (all) => {
        const text = all
          .map(([down, , lines]) => [...lines.slice(0, 2), ...(down ? [' shutdown'] : []), ...lines.slice(2)])
          .map((lines, index) => [`interface Gi${index}`, ...lines].join('\n'))
        const peers = all.flatMap(([, down], index) => [
          ` neighbor 10.0.0.${index} remote-as 65020`,
          ...(down ? [` neighbor 10.0.0.${index} shutdown`] : []),
        ])
        const rules = all.flatMap((_, index) => [port(`Gi${index}`), peer(`10.0.0.${index}`)])
        assert.deepEqual(
          seen(iosSwitches, rules, [...text, 'router bgp 65010', ...peers].join('\n')),
          all.flatMap(([one, other]) => [one ? 'down' : 'up', other ? 'down' : 'up']),
        )
      }),
      100,
    ))
})

/** Lines of an interface that are about something else. */
function noise(): fc.Arbitrary<string[]> {
  const words = [
    'description no shutdown',
    ' shutdown',
    'ip address 192.0.2.1 255.255.255.0',
    'no ip redirects',
  ]
  return fc.array(
    fc.constantFrom(...words).map((line) => ` ${line}`),
    { maxLength: 4 },
  )
}

const UP = '{"port0":{"administrativeStatus":"up","operationalStatus":"down"}}'
const BGP = `frr version 8.4.4
!
router bgp 65010 vrf RED
 neighbor 10.0.0.3 remote-as 65020
 neighbor 10.0.0.1 shutdown
exit
!
router bgp 65010
 neighbor 10.0.0.1 remote-as 65020
 neighbor 10.0.0.2 remote-as 65020
 neighbor 10.0.0.2 shutdown message until Monday
 neighbor 10.0.0.4 remote-as 65020
 neighbor 10.0.0.4 shutdown rtt 300 count 4
exit
!
end`

describe('switches of frr', () => {
  it('are asked for one by one, and bgpd only for neighbours', () => {
    assert.deepEqual(frrSwitches.looks([port('port0')]), ['show interface port0 json'])
    assert.deepEqual(frrSwitches.looks([peer('10.0.0.1'), peer('10.0.0.2')]), ['show running-config bgpd'])
  })

  it('are interfaces as the kernel has them, and none that only the configuration has', () => {
    const pseudo = '{"port0":{"administrativeStatus":"down","pseudoInterface":true}}'
    assert.deepEqual(seen(frrSwitches, [port('port0')], UP), ['up'])
    assert.deepEqual(seen(frrSwitches, [port('port0')], UP.replace('"up"', '"down"')), ['down'])
    for (const none of ['{}', pseudo])
      assert.match(String(seen(frrSwitches, [port('port0')], none)[0]), /^none: .*port0/)
    for (const wrong of ['', '% Unknown command', '{"port0":{}}'])
      notUnderstood(() => seen(frrSwitches, [port('port0')], wrong), 'rejected')
  })

  it('are neighbours outside of VRFs, and down for whoever put them down', () => {
    const rules = [port('port0'), ...['10.0.0.1', '10.0.0.2', '10.0.0.4'].map(peer)]
    assert.deepEqual(seen(frrSwitches, rules, UP, BGP), ['up', 'up', 'down', 'up'])
    assert.match(String(seen(frrSwitches, [peer('10.0.0.3')], BGP)[0]), /^none/)
  })

  it('are not told by the configuration of a router whose bgpd does not run', () =>
    notUnderstood(() => seen(frrSwitches, [peer('10.0.0.1')], 'hostname r1\n!\nend'), 'unreachable'))
})
