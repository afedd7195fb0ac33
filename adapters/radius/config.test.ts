import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Value } from 'typebox/value'
import { type RadiusConfig, radiusConfigSchema, whyUnusable } from './config.ts'
import { radiusAdapter } from './index.ts'

const NAS = { name: 'wlc1', address: '192.0.2.10', secret: 'file:coa' }
const GOOD: RadiusConfig = {
  accounting: { listen: '127.0.0.1', clients: [{ address: '192.0.2.0/24', secret: 'env:ACCOUNTING' }] },
  nas: [NAS, { ...NAS, name: 'wlc2', address: '2001:db8::10', identifier: 'wlc2' }],
}

describe('the configuration of sessions', () => {
  it('is good', () => {
    assert.deepEqual([...Value.Errors(radiusConfigSchema, GOOD)], [])
    assert.equal(whyUnusable(GOOD), undefined)
  })

  for (const [what, config, words] of [
    ['no address', { nas: [{ ...NAS, address: 'wlc1' }] }, /nas wlc1: 'wlc1' is no IP address/],
    ['two of a name', { nas: [NAS, { ...NAS, port: 1 }] }, /two of the name wlc1/],
    [
      'two at a place',
      { nas: [NAS, { ...NAS, name: 'b' }] },
      /nas b: another one has 192\.0\.2\.10 port 3799, too/,
    ],
    [
      'two that call themselves so',
      {
        nas: [
          { ...NAS, identifier: 'x' },
          { ...NAS, name: 'b', port: 1, identifier: 'x' },
        ],
      },
      /another one has the identifier x, too/,
    ],
    ['no realm', { realms: ['campus'] }, /realms: 'campus' is no realm/],
    ['a quarantine that says nothing', { quarantine: {} }, /this one is empty/],
    [
      'a quarantine that no attribute can have',
      { quarantine: { attributes: [{ name: 'Session-Timeout', value: 'soon' }] } },
      /Session-Timeout: "soon" is no number/,
    ],
    [
      'a listener of a name',
      { accounting: { listen: 'localhost', clients: [] } },
      /accounting\.listen: 'localhost' is no IP address/,
    ],
  ] as const)
    it(`with ${what} is refused in words`, () => {
      assert.match(whyUnusable({ ...GOOD, ...config } as RadiusConfig) ?? '', words)
    })

  it('by which nothing would be known of a session is refused', () => {
    const { accounting: _, ...deaf } = GOOD
    assert.match(whyUnusable(deaf) ?? '', /would never know of a session/)
    assert.equal(whyUnusable({ ...deaf, nas: [{ ...NAS, byName: true }] }), undefined)
  })

  it('says what can be done: quarantine where every NAS can, read back where every one tells', () => {
    const capable = (config: RadiusConfig) => {
      const { actions, evidence } = radiusAdapter.capabilities(config)
      return [actions.includes('quarantine'), evidence]
    }
    assert.deepEqual(capable(GOOD), [false, 'enforcer'])
    assert.deepEqual(capable({ ...GOOD, quarantine: { vlan: '666' } }), [true, 'enforcer'])
    const [one, other] = [
      { ...NAS, quarantine: { filter: 'off' } },
      { ...NAS, name: 'b', byName: true },
    ]
    assert.deepEqual(capable({ ...GOOD, nas: [one, other] }), [false, 'speaker'])
  })
})
