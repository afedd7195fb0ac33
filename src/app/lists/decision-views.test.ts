import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Prefix, parsePrefix } from '../../domain/prefix.ts'
import { AddressesView } from './decision-views.ts'
import type { Term } from './lease.ts'
import { hostsOf, takesAddressesAlone } from './spread.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('bouncers that take single addresses alone', () => {
  it('are told by what they call themselves', () => {
    for (const [agent, alone] of [
      ['crowdsec-firewall-bouncer/v0.0.25-debian-pragmatic-amd64-0b69bd3', true],
      ['crowdsec-firewall-bouncer/v0.0.34', true],
      ['crowdsec-firewall-bouncer/0.0.35-rc1', false],
      ['crowdsec-firewall-bouncer/v0.1.0', false],
      ['crowdsec-firewall-bouncer/v1.0.3', false],
      // As Debian's says it.
      ['crowdsec-firewall-bouncer/-', true],
      ['cs-firewall-bouncer/v0.0.31', true],
      ['crowdsec-nginx-bouncer/v1.0.8', false],
      ['crowdsec-custom-bouncer/v0.0.1', false],
      [undefined, false],
    ] as const)
      assert.equal(takesAddressesAlone(agent), alone, agent)
  })

  it('are told each address of what is not wider than 256 of them', () => {
    const count = (text: string) => hostsOf(parsePrefix(text))?.length
    assert.deepEqual(['203.0.113.9', '203.0.113.64/28', '203.0.113.0/24', '203.0.112.0/23'].map(count), [
      1,
      16,
      256,
      undefined,
    ])
    assert.deepEqual(['2001:db8::9', '2001:db8::/120', '2001:db8::/119', '2001:db8::/64'].map(count), [
      1,
      256,
      undefined,
      undefined,
    ])
    assert.deepEqual(hostsOf(parsePrefix('203.0.113.254/31')), ['203.0.113.254/32', '203.0.113.255/32'])
  })

  it('are told of no more ranges than their sets take, and of all hosts', () => {
    const terms = new Map<Prefix, Term>()
    const view = new AddressesView(terms, 0, 20)
    const put = (text: string) => {
      terms.set(parsePrefix(text), { began: NOW, end: null })
      view.update(parsePrefix(text), NOW)
    }
    const told = () => view.book.since(0).fresh.length
    for (const text of ['203.0.113.0/28', '203.0.113.16/28', '203.0.113.32/30', '198.51.100.9']) put(text)
    assert.deepEqual([...view.unserved], ['203.0.113.16/28'])
    assert.equal(told(), 16 + 4 + 1)
    terms.delete(parsePrefix('203.0.113.0/28'))
    view.update(parsePrefix('203.0.113.0/28'), NOW)
    view.update(parsePrefix('203.0.113.16/28'), NOW)
    assert.deepEqual([...view.unserved], [])
    assert.equal(told(), 16 + 4 + 1)
  })
})
