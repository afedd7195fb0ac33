import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../domain/input-error.ts'
import { readTrigger } from '../domain/trigger.ts'
import { type Ban, closeOf, detectionOf, readDecision, triggerOfBan } from './crowdsec.ts'
import { parseGoDuration } from './go-duration.ts'

const NOW = Date.parse('2026-11-20T10:00:00Z')
const CONTEXT = { source: 'lapi', now: NOW }
/** As version 1.4.6 tells it. */
const DECISION = {
  duration: '3h59m58.770428561s',
  id: 9,
  origin: 'crowdsec',
  scenario: 'crowdsecurity/ssh-bf',
  scope: 'Ip',
  type: 'ban',
  value: '198.51.100.7',
}

const read = (changes: object = {}) => readDecision({ ...DECISION, ...changes }, CONTEXT)
const ban = (changes: object = {}): Ban => {
  const one = read(changes)
  assert.ok('incident' in one, JSON.stringify(one))
  return one
}
const whyOf = (changes: object): string => {
  const one = read(changes)
  assert.ok('why' in one, JSON.stringify(one))
  return one.why
}

describe('a decision of CrowdSec', () => {
  it('is a trigger about an offender, for as long as it says', () => {
    const trigger = triggerOfBan(ban(), { kind: 'open', revision: 5, now: NOW })
    assert.deepEqual(trigger, {
      id: 'crowdsec/lapi 198.51.100.7/32 crowdsec crowdsecurity/ssh-bf',
      ...{ revision: 5, kind: 'open', target: '198.51.100.7/32', role: 'offender' },
      ...{ category: 'login.brute-force', evidence: 'established' },
      detectedAt: '2026-11-20T10:00:00.000Z',
      lifetime: '3h59m59s',
      summary: 'CrowdSec bans 198.51.100.7/32: crowdsecurity/ssh-bf (crowdsec)',
      labels: { origin: 'crowdsec', scenario: 'crowdsecurity/ssh-bf', decision: '9' },
    })
    readTrigger(trigger)
  })

  it('goes on with the incident of an earlier one about the same, and not of another', () => {
    const { incident } = ban()
    assert.equal(ban({ id: 10, duration: '8h', uuid: 'u' }).incident, incident)
    for (const other of [
      { scenario: 'crowdsecurity/ssh-slow-bf' },
      { origin: 'CAPI' },
      { value: '198.51.100.8' },
      { simulated: true },
    ])
      assert.notEqual(ban(other).incident, incident, JSON.stringify(other))
    assert.notEqual(readDecision(DECISION, { ...CONTEXT, source: 'other' }), incident)
  })

  it('names an incident by a digest where its names are long', () => {
    const { incident } = ban({ scenario: 'x'.repeat(500) })
    assert.ok(incident.length <= 200 && incident.startsWith('crowdsec/lapi 198.51.100.7/32 '))
    assert.notEqual(ban({ scenario: 'x'.repeat(501) }).incident, incident)
  })

  it('has a range whole, by the network that its address is in', () => {
    assert.equal(ban({ scope: 'Range', value: '203.0.113.64/28' }).prefix, '203.0.113.64/28')
    assert.equal(ban({ scope: 'Range', value: '203.0.113.70/28' }).prefix, '203.0.113.64/28')
    assert.equal(ban({ scope: 'range', value: '2001:DB8:1:2::9/48' }).prefix, '2001:db8:1::/48')
    assert.equal(ban({ scope: 'Ip', value: '2001:0DB8::1' }).prefix, '2001:db8::1/128')
  })

  it('is refused in words where it is about no address', () => {
    for (const [changes, path, words] of [
      [{ scope: 'Range', value: '0.0.0.0/0' }, 'value', /everybody/],
      [{ scope: 'Range', value: '::/0' }, 'value', /everybody/],
      [{ scope: 'Range', value: '192.0.2.0/33' }, 'value', /not an address or a range/],
      [{ scope: 'Range', value: '192.0.2.0/24/24' }, 'value', /not an address or a range/],
      [{ scope: 'Ip', value: '192.0.2.0/24' }, 'value', /range, and the scope says one address/],
      [{ value: '198.51.100.300' }, 'value', /not an IPv4 or IPv6/],
      [{ value: '::ffff:198.51.100.7' }, 'value', /write the IPv4 address/],
      [{ duration: 'soon' }, 'duration', /not a duration/],
      [{ id: 'nine' }, 'id', /./],
      [{ value: undefined }, 'value', /./],
    ] as const)
      assert.throws(
        () => read(changes),
        (error: unknown) => {
          assert.ok(error instanceof InputError, String(error))
          assert.equal(error.path, path)
          assert.match(error.message, words)
          return true
        },
        JSON.stringify(changes),
      )
  })

  it('is ignored with a sentence where it is no ban of addresses', () => {
    for (const [changes, words] of [
      [{ scope: 'username', value: 'jo' }, /scope username/],
      [{ scope: 'Country', value: 'FR' }, /scope Country/],
      [{ scope: 'AS', value: '64500' }, /scope AS/],
      ...['captcha', 'throttle', 'bypass', 'allow', 'whitelist'].map(
        (type) => [{ type }, new RegExp(`type ${type}, and only a ban`)] as const,
      ),
      [{ origin: 'cordon' }, /come back/],
      [{ origin: 'cscli-import', scenario: 'cordon/block' }, /come back/],
    ] as const)
      assert.match(whyOf(changes), words)
  })

  it('is simulated where it says so, and ended where its time is over', () => {
    assert.equal(
      triggerOfBan(ban({ simulated: true }), { kind: 'open', revision: 1, now: NOW }).simulated,
      true,
    )
    const over = ban({ duration: '-1.115522227s' })
    assert.equal(over.ends, NOW - 1_116)
    const close = triggerOfBan(over, { kind: 'close', revision: 2, now: NOW })
    assert.equal(close.lifetime, undefined)
    assert.equal(close.ceasedAt, '2026-11-20T10:00:00.000Z')
    readTrigger(close)
    readTrigger(closeOf({ id: over.incident, target: over.prefix }, { revision: 2, now: NOW }))
  })

  it('for ever is ten years', () => {
    const trigger = triggerOfBan(ban({ duration: '876000h0m0s' }), { kind: 'open', revision: 1, now: NOW })
    assert.equal(trigger.lifetime, '3650d')
    readTrigger(trigger)
  })

  it('says what was detected, and established only what needs a connection', () => {
    const of = (scenario: string, origin = 'crowdsec') => {
      const { category, evidence } = detectionOf({ origin, scenario })
      return `${category} ${evidence}`
    }
    for (const [scenario, detected] of [
      ['crowdsecurity/ssh-bf', 'login.brute-force established'],
      ['crowdsecurity/ssh-slow-bf_user-enum', 'login.brute-force established'],
      ['ssh:bruteforce', 'login.brute-force established'],
      ['crowdsecurity/http-generic-bf', 'login.brute-force established'],
      ['crowdsecurity/dovecot-spam', 'spam established'],
      ['crowdsecurity/postfix-spam', 'spam established'],
      ['crowdsecurity/asterisk_bf', 'login.brute-force spoofable'],
      ['crowdsecurity/asterisk_user_enum', 'login.brute-force spoofable'],
      ['crowdsecurity/windows-bf', 'login.brute-force spoofable'],
      ['crowdsecurity/opnsense-gui-bf', 'login.brute-force established'],
      ['crowdsecurity/apache_log4j2_cve-2021-44228', 'scan established'],
      ['crowdsecurity/CVE-2021-4034', 'listed spoofable'],
      ['crowdsecurity/bind9-refused', 'listed spoofable'],
      ['crowdsecurity/kerberos-bf', 'login.brute-force spoofable'],
      ['crowdsecurity/http-probing', 'scan established'],
      ['crowdsecurity/http-crawl-non_statics', 'scan established'],
      ['crowdsecurity/http-dos-swithcing-ua', 'dos.application established'],
      ['crowdsecurity/nginx-req-limit-exceeded', 'dos.application established'],
      ['crowdsecurity/vpatch-CVE-2024-1212', 'scan established'],
      ['crowdsecurity/iptables-scan-multi_ports', 'scan spoofable'],
      ['tcp:scan', 'scan spoofable'],
      ['me/what-i-made-myself', 'listed spoofable'],
    ])
      assert.equal(of(scenario ?? ''), detected, scenario)
    assert.equal(of('crowdsecurity/ssh-bf', 'CAPI'), 'listed established')
    assert.equal(of('firehol_greensnow', 'lists'), 'listed spoofable')
    for (const person of ['cscli', 'cscli-import', 'console'])
      assert.equal(of("manual 'ban' from 'm1'", person), 'listed established')
  })
})

describe("Go's durations", () => {
  it('are read as Go writes them', () => {
    for (const [text, ms] of [
      ['0s', 0],
      ['1.5s', 1_500],
      ['3h59m58.770428561s', 14_398_770],
      ['-2.214312474s', -2_215],
      ['250ms', 250],
      ['12.5µs', 0],
      ['876000h0m0s', 3_153_600_000_000],
    ] as const)
      assert.equal(parseGoDuration(text), ms, text)
    for (const text of ['', '-', '4', '4d', 'h', '1h ', '1h-5m', '.5s', `${'9'.repeat(18)}h`])
      assert.throws(() => parseGoDuration(text), InputError, text)
  })
})
