import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prefixes, siteOf } from '../../test/helpers/inventory.ts'
import type { Origin } from '../domain/block.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block-request.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'
import { checkBlock, type GuardInput } from './check-block.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'

const PERSON: Origin = { kind: 'person', token: 'p' }
const MACHINE: Origin = { kind: 'automatic', token: 'm' }

const SITE = siteOf({
  own: prefixes('147.230.0.0/16', '2001:db8::/32'),
  departments: [
    { name: 'physics', prefixes: prefixes('147.230.1.0/24'), users: 100 },
    { name: 'one-host', prefixes: prefixes('147.230.2.1/32'), users: 1 },
  ],
  connections: [{ name: 'museum', prefixes: prefixes('147.230.3.1/32'), attachments: [] }],
  addresses: [
    { prefix: parsePrefix('147.230.9.1/32'), kind: 'shared', users: 25 },
    { prefix: parsePrefix('147.230.9.2/32'), kind: 'shared', users: 26 },
  ],
  consent: [
    { prefix: parsePrefix('147.230.8.0/24'), upstream: 'auto' },
    { prefix: parsePrefix('147.230.8.128/32'), upstream: 'never' },
  ],
  protected: [
    { prefix: parsePrefix('147.230.0.53/32'), role: 'any', name: 'resolver' },
    { prefix: parsePrefix('147.230.4.16/28'), role: 'source', name: 'CSIRT' },
    { prefix: parsePrefix('147.230.5.0/24'), role: 'destination', name: 'web farm' },
  ],
})

interface More extends Partial<Omit<GuardInput, 'spec'>> {
  readonly site?: Inventory
}

/** The codes that a request is refused with. */
function codes(request: BlockRequest | string, more: More = {}): string[] {
  return refusals(request, more).map(({ code }) => code)
}

/** The codes of why one person is not enough, where nothing refuses it. */
function asks(request: BlockRequest | string, more: More = {}): string[] {
  const { refusals: refused, asks: asked } = check(request, more)
  assert.deepEqual(refused, [])
  return asked.map(({ code }) => code)
}

function refusals(request: BlockRequest | string, more: More = {}) {
  return check(request, more).refusals
}

function check(request: BlockRequest | string, { site = SITE, ...more }: More = {}) {
  const spec = readBlockSpec(typeof request === 'string' ? { target: request } : request, (prefix) =>
    isOwn(site, prefix),
  )
  const free = { evidence: undefined, bounds: undefined, role: undefined, lasts: 1_000 }
  const input = { ...free, origin: PERSON, until: 1_000, inventory: site, limits: DEFAULT_LIMITS }
  return checkBlock({ ...input, ...more, spec })
}

const wide = (limits: Partial<Limits['wide']>): Limits => ({
  ...DEFAULT_LIMITS,
  wide: { ...DEFAULT_LIMITS.wide, ...limits },
})
const ANY_WIDTH = wide({
  ipv4Addresses: 2 ** 33,
  ipv6Length: 0,
  outsideIpv4Length: 0,
  outsideIpv6Length: 0,
})

describe('wide needs two', () => {
  const edges: readonly [target: string, why?: string][] = [
    ['147.230.200.0/28'],
    ['147.230.200.0/27', 'wide-addresses'],
    ['2001:db8:5:6::/64'],
    ['2001:db8:5:6::/63', 'wide-prefix'],
    ['2001:db8:5:6::1'],
    ['198.51.100.0/24'],
    ['198.51.100.0/23', 'wide-prefix'],
    ['2001:db9:5::/48'],
    ['2001:db9:4::/47', 'wide-prefix'],
    ['147.230.9.1'],
    ['147.230.9.2', 'wide-shared'],
    ['department:physics', 'wide-target'],
    ['department:one-host', 'wide-target'],
    ['connection:museum', 'wide-target'],
  ]
  for (const [target, why] of edges)
    it(`${target} ${why === undefined ? 'does not' : 'does'}`, () => {
      const [first, ...rest] = asks(target)
      assert.equal(first, why, rest.join())
    })

  it('counts exactly: 16 addresses are not wide where the limit is 16, and are where it is 15', () => {
    assert.deepEqual(asks('147.230.200.0/28', { limits: wide({ ipv4Addresses: 15 }) }), ['wide-addresses'])
    assert.deepEqual(asks('147.230.200.0/27', { limits: wide({ ipv4Addresses: 32 }) }), [])
  })

  it('a narrowing does not make a wide block narrow', () =>
    assert.deepEqual(
      asks({
        target: '147.230.200.0/24',
        direction: 'to',
        match: { protocol: 'udp', destinationPort: '53' },
      }),
      ['wide-addresses'],
    ))

  it('shared users are added up over a prefix', () => {
    const limits = wide({ sharedUsers: 51 })
    assert.deepEqual(asks('147.230.9.0/30', { limits }), [])
    assert.deepEqual(asks('147.230.9.0/30', { limits: wide({ sharedUsers: 50 }) }), ['wide-shared'])
  })
})

describe('protected always wins', () => {
  const cases: readonly [target: string, direction: 'to' | 'from' | 'both', refused: boolean][] = [
    ['147.230.0.53', 'to', true],
    ['147.230.0.53', 'from', true],
    ['147.230.4.20', 'from', true],
    ['147.230.4.20', 'to', false],
    ['147.230.4.20', 'both', true],
    ['147.230.5.9', 'to', true],
    ['147.230.5.9', 'from', false],
    ['147.230.5.9', 'both', true],
  ]
  for (const [target, direction, refused] of cases)
    it(`${direction} ${target} is ${refused ? 'refused' : 'not refused'}`, () =>
      assert.deepEqual(codes({ target, direction }), refused ? ['protected'] : []))

  it('a typed prefix that covers a protected entry is refused with its name', () => {
    const found = refusals({ target: '147.230.0.48/28', direction: 'to' })
    assert.deepEqual(
      found.map(({ code }) => code),
      ['protected'],
    )
    assert.match(found[0]?.message ?? '', /147\.230\.0\.53\/32 \(resolver\)/)
  })

  it('a host in a protected network is refused (the network-in-network of FoD)', () =>
    assert.deepEqual(codes({ target: '147.230.5.0/28', direction: 'to' }), ['protected']))

  it('a match does not get around it', () =>
    assert.deepEqual(codes({ target: '147.230.0.53', direction: 'to', match: { protocol: 'udp' } }), [
      'protected',
    ]))

  it('an entry that is added later refuses the same block', () => {
    assert.deepEqual(codes('198.51.100.7'), [])
    const later = siteOf({
      own: prefixes('147.230.0.0/16'),
      protected: [{ prefix: parsePrefix('198.51.100.0/24'), role: 'source', name: 'essential' }],
    })
    assert.deepEqual(codes('198.51.100.7', { site: later }), ['protected'])
  })
})

describe('space that is no host', () => {
  const never = [
    '0.0.0.0/0',
    '::/0',
    '0.0.0.0/1',
    '126.0.0.0/7',
    '127.0.0.1',
    '127.0.0.0/8',
    '0.0.0.0',
    '169.254.1.1',
    '224.0.0.5',
    '192.0.0.0/2',
    '255.255.255.255',
    '240.0.0.0/4',
    '::',
    '::1',
    '::/8',
    'fe80::1',
    'fe00::/8',
    'ff02::1',
    'fe00::/7',
  ]
  for (const target of never)
    it(`${target} is refused however wide the limits are`, () =>
      assert.ok(codes(target, { limits: ANY_WIDTH }).includes('space-not-blockable')))

  it('is refused for a machine, with any evidence and any scope', () =>
    assert.ok(
      codes(
        { target: '0.0.0.0/0', scope: 'local' },
        { origin: MACHINE, evidence: 'established', limits: ANY_WIDTH },
      ).length > 0,
    ))

  it('the owner of a /16 cannot block the /15 above it (the trap of ExaFS)', () =>
    assert.ok(codes('147.230.0.0/15', { limits: ANY_WIDTH }).includes('space-straddles-own')))

  it('own space in two halves is one space', () => {
    const site = siteOf({ own: prefixes('10.0.0.0/25', '10.0.0.128/25') })
    assert.deepEqual(codes('10.0.0.0/24', { site, limits: ANY_WIDTH }), [])
  })

  it('an unknown name is refused, and nothing else is said of it', () => {
    assert.deepEqual(codes('department:nobody'), ['target-unknown'])
    assert.deepEqual(codes('connection:nobody'), ['target-unknown'])
  })
})

describe('other rails', () => {
  it('a blackhole at an upstream needs the consent of whoever has the prefix', () => {
    const upstream = (target: string) => ({ target, direction: 'to', scope: 'upstream:transit' }) as const
    const asked = (target: string, origin: Origin) => codes(upstream(target), { origin })
    assert.deepEqual(asked('147.230.7.7', PERSON), [], 'where nothing is said, a person may')
    assert.deepEqual(asked('147.230.7.7', MACHINE), ['consent-ask'])
    assert.deepEqual(asked('147.230.8.1', MACHINE), [])
    for (const origin of [PERSON, MACHINE])
      assert.deepEqual(asked('147.230.8.128', origin), ['consent-never'], 'the narrowest entry decides')
    assert.deepEqual(asked('147.230.8.128/30', PERSON), ['consent-never'], 'and the most careful one inside')
    assert.deepEqual(codes({ ...upstream('147.230.8.128'), scope: 'local' }), [])
  })

  it('a scope beyond this network is for own space only', () => {
    for (const scope of ['region:north', 'upstream:transit'] as const) {
      assert.deepEqual(codes({ target: '147.230.7.7', scope }), [])
      assert.deepEqual(codes({ target: '198.51.100.7', scope }), ['scope-own-space-only'])
    }
    assert.deepEqual(codes({ target: '198.51.100.7', scope: 'local' }), [])
  })

  it('a source is not blocked on evidence that anyone can forge', () => {
    const from = { target: '198.51.100.7', direction: 'from' } as const
    assert.deepEqual(codes(from, { evidence: 'spoofable' }), ['evidence-spoofable'])
    assert.deepEqual(codes(from, { origin: MACHINE }), ['evidence-spoofable'], 'nothing said is not enough')
    assert.deepEqual(codes(from, { origin: MACHINE, evidence: 'established' }), [])
    assert.deepEqual(codes({ ...from, direction: 'both' }, { evidence: 'spoofable' }), ['evidence-spoofable'])
    const victim = { target: '147.230.7.7', direction: 'to' } as const
    assert.deepEqual(codes(victim, { origin: MACHINE, evidence: 'spoofable' }), [])
    const limits: Limits = { ...DEFAULT_LIMITS, spoofableSources: 'allow' }
    assert.deepEqual(codes(from, { origin: MACHINE, evidence: 'spoofable', limits }), [])
  })

  it('an automatic block must end; a person may mean for ever', () => {
    const more = { until: null, evidence: 'established' } as const
    assert.deepEqual(codes('198.51.100.7', { ...more, origin: MACHINE }), ['expiry-required'])
    assert.deepEqual(codes('198.51.100.7', { ...more, origin: PERSON }), [])
  })

  it('every refusal is told, not the first alone', () => {
    const found = codes(
      { target: '147.230.0.0/15', scope: 'upstream:transit' },
      { origin: MACHINE, until: null },
    )
    for (const code of ['space-straddles-own', 'protected', 'scope-own-space-only', 'expiry-required'])
      assert.ok(found.includes(code), `${code} is missing in ${found.join(', ')}`)
  })
})
