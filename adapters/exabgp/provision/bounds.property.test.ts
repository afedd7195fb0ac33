import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Prefix, parsePrefix } from '../../../src/domain/prefix.ts'
import { holds } from '../../../test/helpers/property.ts'
import type { ExabgpConfig, ScopeConfig } from '../config.ts'
import { acceptsFlow, acceptsRoute, boundsOf } from './bounds.ts'

/** A small world, so that prefixes meet: 10.0.0.0/24 and 2001:db8::/120, and communities from a short list. */
const anyPrefix = fc.record({ v6: fc.boolean(), low: fc.nat(255), up: fc.nat(8) }).map(({ v6, low, up }) => {
  const network = (low >> up) << up
  return parsePrefix(v6 ? `2001:db8::${network.toString(16)}/${128 - up}` : `10.0.0.${network}/${32 - up}`)
})
const anyHost = fc
  .record({ v6: fc.boolean(), low: fc.nat(255) })
  .map(({ v6, low }) => parsePrefix(v6 ? `2001:db8::${low.toString(16)}` : `10.0.0.${low}`))

const WORDS = ['65535:666', '65535:65281', '65535:65282', '64500:1', '64500:2', '64500:1:2']
const anyWords = fc.uniqueArray(fc.constantFrom(...WORDS), { maxLength: 3 })
const nextHops = { nextHop4: '192.0.2.66', nextHop6: '100::66' }
const anyScope: fc.Arbitrary<ScopeConfig> = fc
  .record({ communities: anyWords, by: fc.option(anyWords) })
  .map(({ communities, by }) => ({
    communities,
    ...(by === null ? {} : { sourceCommunities: by }),
    ...nextHops,
  }))
const MARK = '64500:911'

const world = fc.record({
  own: fc.array(anyPrefix, { maxLength: 3 }),
  protected: fc.array(
    fc.record({ prefix: anyPrefix, role: fc.constantFrom('source', 'destination', 'any') }),
    { maxLength: 3 },
  ),
  urpf: fc.boolean(),
  internal: fc.boolean(),
  local: anyScope,
  upstream: fc.option(anyScope),
  external: fc.option(anyScope),
  communities: fc.uniqueArray(fc.constantFrom(...WORDS, MARK), { maxLength: 7 }),
  prefix: fc.oneof(anyHost, anyPrefix),
  source: fc.option(anyPrefix),
  families: fc.uniqueArray(fc.constantFrom('ipv4 unicast', 'ipv6 unicast', 'ipv4 flow', 'ipv6 flow'), {
    minLength: 1,
  }),
})

type World = typeof world extends fc.Arbitrary<infer T> ? T : never

function modelOf({ own, urpf, internal, local, upstream, external, families, ...rest }: World) {
  const config: ExabgpConfig = {
    routerId: '192.0.2.1',
    marking: MARK,
    neighbours: [
      // The router's end lies in the small world too.
      {
        ...{ name: 'r', address: '10.0.0.1', localAddress: '192.0.2.1', localAs: 64500 },
        ...{ peerAs: internal ? 64500 : 64501, families },
      },
    ],
    scopes: {
      local,
      ...(upstream === null ? {} : { 'upstream:x': upstream }),
      ...(external === null ? {} : { external }),
    },
  }
  const [neighbour] = config.neighbours
  if (neighbour === undefined) throw new Error('no neighbour')
  return boundsOf(config, neighbour, { device: 'd', own, protected: rest.protected, urpf })
}

/** The addresses of the small world that a prefix holds. */
function addressesIn(prefix: Prefix): ReadonlySet<string> {
  const [address = '', length = ''] = prefix.split('/')
  const v6 = address.includes(':')
  const first = v6
    ? Number.parseInt(address.split('::').at(-1) || '0', 16)
    : Number(address.split('.').at(-1))
  const count = 2 ** ((v6 ? 128 : 32) - Number(length))
  return new Set(Array.from({ length: count }, (_, index) => `${v6 ? 6 : 4} ${first + index}`))
}

function lies(inner: Prefix, outer: readonly Prefix[]): boolean {
  const all = outer.flatMap((prefix) => [...addressesIn(prefix)])
  return [...addressesIn(inner)].every((address) => all.includes(address))
}

/** The rules once more, in the words of the people who asked for them, address by address. */
function mayBeTaken(site: World): boolean {
  const { prefix, communities, urpf } = site
  const v6 = prefix.includes(':')
  const has = (words: readonly string[]): boolean => words.every((word) => communities.includes(word))
  const meets = (scope: ScopeConfig | null): boolean =>
    scope !== null && (has(scope.communities) || (urpf && has(scope.sourceCommunities ?? scope.communities)))
  if (!site.families.includes(v6 ? 'ipv6 unicast' : 'ipv4 unicast')) return false
  if (!prefix.endsWith(v6 ? '/128' : '/32') || !communities.includes(MARK)) return false
  const barred = site.protected.filter(({ role }) => urpf || role !== 'source').map((one) => one.prefix)
  if (lies(prefix, barred) || prefix === '10.0.0.1/32') return false
  if (lies(prefix, site.own)) return meets(site.local) || meets(site.upstream)
  return site.internal && !communities.includes('65535:666') && meets(site.external)
}

function mayFlow(site: World): boolean {
  const { prefix, source, communities } = site
  const v6 = prefix.includes(':')
  if (!site.families.includes(v6 ? 'ipv6 flow' : 'ipv4 flow') || !communities.includes(MARK)) return false
  const as = (role: string): Prefix[] => [
    ...site.protected.filter((one) => one.role === role || one.role === 'any').map((one) => one.prefix),
    parsePrefix('10.0.0.1'),
  ]
  const within = (inner: Prefix, outer: readonly Prefix[]): boolean => lies(inner, outer)
  return !within(prefix, as('destination')) && (source === null || !within(source, as('source')))
}

test('a route is accepted exactly when the rules say so', async () => {
  const seen = { yes: 0, no: 0 }
  await holds(
    fc.property(world, (site) => {
      const expected = mayBeTaken(site)
      seen[expected ? 'yes' : 'no'] += 1
      assert.equal(acceptsRoute(modelOf(site), site.prefix, new Set(site.communities)), expected)
    }),
    4_000,
  )
  assert.ok(seen.yes > 20 && seen.no > 20, JSON.stringify(seen))
})

test('a flow route is accepted exactly when the rules say so', async () => {
  await holds(
    fc.property(world, (site) => {
      const { prefix, source, communities } = site
      const flow = {
        family: prefix.includes(':') ? (6 as const) : (4 as const),
        destination: prefix,
        ...(source === null ? {} : { source }),
      }
      assert.equal(acceptsFlow(modelOf(site), flow, new Set(communities)), mayFlow(site))
    }),
    2_000,
  )
})
