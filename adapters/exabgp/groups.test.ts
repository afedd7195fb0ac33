import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Family, parsePrefix, prefixFamily, prefixFromBits } from '../../src/domain/prefix.ts'
import { blackholeRule } from '../../src/domain/rule.ts'
import { holds } from '../../test/helpers/property.ts'
import type { Outcome } from '../adapter.ts'
import { admit } from './admit.ts'
import { type BgpFamily, capabilitiesOf, checkConfig } from './config.ts'
import { FlowActions } from './flow-action.ts'
import { FlowSlots } from './flow-slots.ts'
import { makeGroups, reaches } from './groups.ts'
import { exampleConfig, FAMILIES } from './testbed.ts'

describe('exabgp: outside prefixes', () => {
  const hops = { nextHop4: '192.0.2.1', nextHop6: '100::1' }
  const scopes = fc.record({ external: fc.boolean(), upstream: fc.boolean() }).map((has) => ({
    ...(has.external ? { external: { communities: ['no-export'], ...hops } } : {}),
    local: { communities: ['blackhole'], ...hops },
    ...(has.upstream ? { 'upstream:geant': { communities: ['20965:666'], ...hops } } : {}),
  }))
  const neighbours = fc.array(
    fc.record({
      peerAs: fc.constantFrom(65010, 65020, 65030),
      families: fc.constantFrom<BgpFamily[]>(['ipv4 unicast'], ['ipv6 unicast'], FAMILIES),
      scopes: fc.option(scopes, { nil: undefined }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  const given = fc.tuple(neighbours, scopes).map(([some, common]) =>
    exampleConfig({
      scopes: common,
      neighbours: some.map(({ scopes: own, ...one }, index) => ({
        ...{ name: `r${index}`, address: `127.0.0.${index + 2}`, localAddress: '127.0.0.1', localAs: 65010 },
        ...one,
        ...(own === undefined ? {} : { scopes: own }),
      })),
    }),
  )

  it('reach no neighbour of another AS, whatever is configured', async () => {
    const seen = { refused: 0, told: 0 }
    await holds(
      fc.property(given, fc.constantFrom('198.51.100.7', '2001:db8:ffff::7'), (config, address) => {
        const far = config.neighbours.filter(({ peerAs }) => peerAs !== 65010)
        const { neighbours: reach = [] } = capabilitiesOf(config)
        for (const { name } of far)
          assert.ok(!reach.find((one) => one.name === name)?.scopes.includes('external'), name)
        const rule = blackholeRule('d-rtbh', parsePrefix(address), 'external')
        for (const group of makeGroups(config, 0, 1, false).filter((one) => reaches(one, rule))) {
          assert.ok(far.every((one) => !group.addresses.has(one.address)))
          const selector = group.selector(prefixFamily(rule.prefix)) ?? ''
          assert.ok(selector !== '' || far.length === 0, 'a command without names goes to all of them')
          assert.ok(far.every((one) => !selector.split(' ').includes(one.address)))
          seen.told += 1
        }
        const says =
          far.some((one) => one.scopes?.['external'] !== undefined) ||
          ('external' in config.scopes && far.length === config.neighbours.length)
        seen.refused += says ? 1 : 0
        if (says) assert.throws(() => checkConfig(config), /must not leave the AS/)
        else checkConfig(config)
      }),
      1_000,
    )
    assert.ok(seen.refused > 5 && seen.told > 5, JSON.stringify(seen))
  })
})

describe('exabgp: upstreams', () => {
  const config = exampleConfig()
  const groups = makeGroups(config, 0, 1, false)
  const told = { groups, flows: new FlowSlots(new FlowActions(config), ['65010:911'], 1, 0, false) }
  const length = fc.oneof(fc.constantFrom(24, 31, 32, 64, 127, 128), fc.integer({ min: 0, max: 128 }))
  const rules = fc
    .tuple(fc.constantFrom<Family>(4, 6), length, fc.constantFrom('d-rtbh', 's-rtbh'), fc.boolean())
    .map(([family, bits, kind, far]) => {
      const prefix = prefixFromBits(family, 0n, Math.min(bits, family === 4 ? 32 : 128))
      return blackholeRule(kind, prefix, far ? 'upstream:geant' : 'local')
    })

  it('are told of host routes alone; what else they were told is withdrawn', () =>
    fc.assert(
      fc.property(rules, (rule) => {
        const receipt = new Map<string, Outcome>()
        const { blackholes } = admit({ put: [rule], remove: [] }, config, told, receipt)
        const refused = rule.scope !== 'local' && !/^([\d.]+\/32|.*:.*\/128)$/.test(rule.prefix)
        assert.deepEqual(blackholes.put, refused ? [] : [rule])
        const outcome = refused
          ? { result: 'failed', class: 'unsupported', words: 'upstreams are told of host routes alone' }
          : undefined
        assert.deepEqual(receipt.get(rule.key), outcome)
        assert.deepEqual(admit({ put: [], remove: [rule] }, config, told, receipt).blackholes.remove, [rule])
      }),
    ))
})
