import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BY_HAND } from '../../test/helpers/blocks.ts'
import { deviceNamed, prefixes, siteOf } from '../../test/helpers/inventory.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block-request.ts'
import { readMatch } from '../domain/match.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'
import { type Placement, place } from './place.ts'
import type { PlacementRule } from './table.ts'

const at = (router: string, port: string, neighbour = '192.0.2.1') => ({ router, interface: port, neighbour })
const EDGE = {
  kinds: ['acl', 'interface-down', 'neighbour-down'],
  switches: ['eth1', 'eth2', 'eth3', 'eth4', 'eth5', 'eth6', 'via', 'shop'],
} as const

const connection = (name: string, third: number, ...attachments: ReturnType<typeof at>[]) => ({
  ...{ name, attachments },
  prefixes: prefixes(`10.0.${third}.0/24`),
})

const SITE = siteOf({
  own: prefixes('10.0.0.0/16'),
  connections: [
    connection('museum', 1, at('edge', 'eth1'), at('core', 'xe-1')),
    connection('clinic', 2, at('edge', 'eth2', 'via'), at('edge', 'eth3', 'via')),
    connection('hotel', 3, at('core', 'xe-2')),
    connection('uplink', 4, at('edge', 'eth9'), at('edge', 'eth4')),
    connection('lab', 5, at('edge', 'eth5')),
    connection('shop', 6, at('edge', 'eth6', 'shop')),
    connection('stall', 7, at('edge', 'eth6', 'stall'), at('core', 'eth2')),
  ],
  protected: [{ prefix: parsePrefix('10.0.5.7/32'), role: 'source', name: 'resolver' }],
  devices: [deviceNamed('edge', EDGE), deviceNamed('core'), deviceNamed('plain', { kinds: ['acl'] })],
  ingress: [{ name: 'upstream', coveredBy: ['plain'] }],
})

type Use = PlacementRule['use']
const INTERFACES: Use = [{ device: 'edge', as: 'interface-down' }]
const NEIGHBOURS: Use = [{ device: 'edge', as: 'neighbour-down' }]

function placed(request: BlockRequest, use: Use, site: Inventory = SITE): Placement {
  const spec = readBlockSpec(request, (prefix) => isOwn(site, prefix))
  return place({ ...spec, ...BY_HAND }, site, [{ name: 'all', when: {}, use }])
}

const keys = ({ placed: rules }: Placement) => rules.map(({ device, rule }) => `${device}: ${rule.key}`)
const gaps = ({ gaps: all }: Placement) => all.map(({ code, why }) => `${code}: ${why}`)
const whole = (name: string): BlockRequest => ({ target: `connection:${name}`, direction: 'both' })

describe('taking a connection off', () => {
  it('becomes one rule for each attachment at the device, by its interface or its neighbour', () => {
    const clinic = placed(whole('clinic'), INTERFACES)
    assert.deepEqual(keys(clinic), ['edge: interface-down eth2', 'edge: interface-down eth3'])
    assert.deepEqual([clinic.gaps, clinic.widened], [[], []], 'who is attached nowhere is covered everywhere')
    assert.deepEqual(keys(placed(whole('clinic'), [...NEIGHBOURS, ...NEIGHBOURS])), [
      'edge: neighbour-down via',
    ])
  })

  it('names each attachment that remains, and its router', () => {
    const museum = placed(whole('museum'), INTERFACES)
    assert.deepEqual(keys(museum), ['edge: interface-down eth1'])
    assert.deepEqual(gaps(museum), [
      'attachment-remains: the connection stays attached at core by xe-1 (neighbour 192.0.2.1)',
      'uncovered-ingress: no device at upstream stops traffic to the target',
      'uncovered-ingress: no device at upstream stops traffic from the target',
    ])
    assert.equal(museum.gaps[0]?.device, 'core')
  })

  it('names none where a filter at its router stops both ways', () => {
    const filtered = placed(whole('museum'), [...INTERFACES, { device: 'core', as: 'acl' }])
    assert.ok(!gaps(filtered).some((gap) => gap.startsWith('attachment-remains')))
    const half = placed(whole('museum'), [...INTERFACES, { device: 'core', as: 'd-rtbh' }])
    assert.ok(gaps(half).some((gap) => gap.startsWith('attachment-remains')))
  })

  it('touches only what the device may touch', () => {
    const { gaps: found, ...rest } = placed(whole('uplink'), INTERFACES)
    assert.deepEqual(keys({ gaps: found, ...rest }), ['edge: interface-down eth4'])
    assert.equal(
      found[0]?.why,
      'it may not touch eth9: its configuration allows eth1, eth2, eth3, eth4, eth5, eth6, via, shop',
    )
    assert.equal(found[1]?.code, 'attachment-remains')
    const nothing = siteOf({
      own: prefixes('10.0.0.0/16'),
      connections: [...SITE.connections.values()],
      devices: [deviceNamed('edge', { kinds: ['interface-down'] })],
    })
    assert.match(gaps(placed(whole('lab'), INTERFACES, nothing))[0] ?? '', /allows nothing/)
  })

  it('is for nothing but a whole connection, both ways', () => {
    const why = (request: BlockRequest, use: Use = INTERFACES): string | undefined => {
      const placement = placed(request, use)
      assert.deepEqual(keys(placement), [])
      return gaps(placement)[0]
    }
    assert.equal(
      why({ target: '10.0.1.1' }),
      'unsupported: interface-down takes a whole connection off, and the target is a host',
    )
    assert.equal(
      why({ ...whole('museum'), action: { rateLimit: 1_000 } }),
      'unsupported: interface-down cannot rate-limit: it stops everything',
    )
    assert.match(why({ ...whole('museum'), direction: 'to' }) ?? '', /^would-widen: it stops both directions/)
    assert.equal(why(whole('hotel')), 'unsupported: the connection has no attachment at edge')
    assert.equal(
      why(whole('museum'), [{ device: 'plain', as: 'interface-down' }]),
      'unsupported: it takes no interface-down rules',
    )
    const wider = placed({ ...whole('clinic'), direction: 'to', collateral: ['both-directions'] }, INTERFACES)
    assert.deepEqual([keys(wider).length, wider.widened], [2, ['both-directions']])
  })

  it('never cuts another connection off with it', () => {
    for (const [name, other] of [
      ['shop', 'stall'],
      ['stall', 'shop'],
    ] as const) {
      const placement = placed(whole(name), INTERFACES)
      assert.deepEqual(keys(placement), [])
      assert.equal(
        gaps(placement)[0],
        `would-widen: eth6 attaches ${other} too, which would be cut off with it`,
      )
    }
    assert.deepEqual(keys(placed(whole('shop'), NEIGHBOURS)), ['edge: neighbour-down shop'])
  })

  it('does not match', () => {
    const spec = readBlockSpec(whole('museum'), () => true)
    const match = readMatch(4, { destination: '10.0.1.0/24', protocol: 'udp' })
    const placement = place({ ...spec, ...BY_HAND, match }, SITE, [
      { name: 'all', when: {}, use: INTERFACES },
    ])
    assert.deepEqual(
      gaps(placement)[0],
      'unsupported: interface-down cannot match: it takes the whole connection off',
    )
  })

  it('is not done to a connection with something protected in it, in whatever role', () => {
    const placement = placed(
      { ...whole('lab'), direction: 'to', collateral: ['both-directions'] },
      INTERFACES,
    )
    assert.deepEqual(keys(placement), [])
    assert.equal(
      gaps(placement)[0],
      'unsupported: interface-down would cut off resolver (10.0.5.7/32), which is protected',
    )
  })
})
