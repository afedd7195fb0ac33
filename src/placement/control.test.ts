import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BY_HAND } from '../../test/helpers/blocks.ts'
import { deviceNamed, prefixes, siteOf } from '../../test/helpers/inventory.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block-request.ts'
import type { RuleKind } from '../domain/rule.ts'
import { isOwn } from '../inventory/inventory.ts'
import { place } from './place.ts'

const SITE = siteOf({
  own: prefixes('10.0.0.0/16'),
  departments: [{ name: 'physics', prefixes: prefixes('10.0.1.0/29'), users: 10 }],
  connections: [{ name: 'museum', prefixes: prefixes('10.0.3.0/24'), attachments: [] }],
  devices: [
    deviceNamed('filter'),
    deviceNamed('plain', { keeps: false }),
    deviceNamed('speaker', { kinds: ['d-rtbh'], actions: ['drop'] }),
  ],
})

function placed(request: BlockRequest, device: string, as: RuleKind) {
  const spec = readBlockSpec(request, (prefix) => isOwn(SITE, prefix))
  const { placed: rules, gaps } = place({ ...spec, ...BY_HAND }, SITE, [
    { name: 'all', when: {}, use: [{ device, as }] },
  ])
  return {
    keys: rules.map(({ rule }) => rule.key),
    cut: gaps.filter(({ code }) => code === 'control-cut').map((gap) => [gap.device, gap.why]),
  }
}

describe('control traffic of the network', () => {
  it('is left out of the access lists of a department and of a connection', () => {
    assert.deepEqual(placed({ target: 'department:physics' }, 'filter', 'acl'), {
      keys: ['acl4 destination=10.0.1.0/29 keep=control', 'acl4 source=10.0.1.0/29 keep=control'],
      cut: [],
    })
    const limited = { target: 'connection:museum', direction: 'to', action: { rateLimit: 1_000 } } as const
    assert.deepEqual(placed(limited, 'filter', 'acl').keys, ['acl4 destination=10.0.3.0/24 keep=control'])
  })

  it('is not left out for a host, nor where nothing is stopped', () => {
    for (const request of [
      { target: '10.0.1.1', direction: 'to' },
      { target: 'department:physics', direction: 'to', action: { mark: 8 } },
    ] as const) {
      const { keys, cut } = placed(request, 'filter', 'acl')
      assert.ok(keys.length === 1 && !keys.some((key) => key.includes('keep')))
      assert.deepEqual(cut, [])
    }
  })

  for (const [device, kind, said] of [
    ['plain', 'acl', 'its access lists leave out no control traffic'],
    ['filter', 'flow', 'a flow rule leaves out no control traffic'],
    ['speaker', 'd-rtbh', 'a d-rtbh rule leaves out no control traffic'],
  ] as const)
    it(`is said to be hit by ${kind} on ${device}, once, and of a host nobody says it`, () => {
      const { keys, cut } = placed({ target: 'department:physics' }, device, kind)
      assert.ok(keys.length > 0 && keys.every((key) => !key.includes('keep')))
      assert.deepEqual(cut, [
        [
          device,
          `${said}: BGP, BFD, neighbour discovery and packet-too-big of what is blocked may be hit too`,
        ],
      ])
      assert.deepEqual(placed({ target: '10.0.1.1', direction: 'to' }, device, kind).cut, [])
    })

  it('is not said to be hit by a device that got no rule', () => {
    const redirected = { target: 'department:physics', action: { redirect: 'nowhere' } } as const
    assert.deepEqual(placed(redirected, 'filter', 'flow'), { keys: [], cut: [] })
  })
})
