import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BY_HAND } from '../../test/helpers/blocks.ts'
import { deviceNamed, prefixes, siteOf } from '../../test/helpers/inventory.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block-request.ts'
import { actionText } from '../domain/rule.ts'
import { NO_ACCOUNTS } from '../inventory/accounts.ts'
import { isOwn } from '../inventory/inventory.ts'
import { type Placement, place } from './place.ts'
import type { PlacementRule } from './table.ts'

const SITE = siteOf({
  own: prefixes('10.0.0.0/16'),
  accounts: { ...NO_ACCOUNTS, realms: ['campus.example', 'lab.example'] },
  departments: [{ name: 'physics', prefixes: prefixes('10.0.1.0/24'), users: 10 }],
  devices: [
    deviceNamed('edge'),
    deviceNamed('ldap', { kinds: ['account-locked'], actions: ['suspend'], realms: ['campus.example'] }),
    deviceNamed('radius', { kinds: ['no-session'], actions: ['suspend', 'drop', 'quarantine'] }),
    deviceNamed('plain-radius', { kinds: ['no-session'], actions: ['suspend', 'drop'] }),
  ],
  ingress: [{ name: 'upstream', coveredBy: ['edge'] }],
})

const BOTH: PlacementRule['use'] = [
  { device: 'ldap', as: 'account-locked' },
  { device: 'radius', as: 'no-session' },
]
const STATION = '02:00:5e:10:00:01'

function placed(
  target: string,
  use = BOTH,
  stations: readonly string[] = [],
  more: Partial<BlockRequest> = {},
): Placement {
  const spec = readBlockSpec({ target, ...more }, (prefix) => isOwn(SITE, prefix), stations)
  return place({ ...spec, ...BY_HAND }, SITE, [{ name: 'all', when: {}, use }])
}

const rules = ({ placed: all }: Placement) =>
  all.map(({ device, rule }) => `${device}: ${rule.key} => ${actionText(rule.action)}`)
const gaps = ({ gaps: all }: Placement) => all.map(({ device, code, why }) => `${device} ${code}: ${why}`)

describe('placing a block of an account', () => {
  it('locks it where it lives and ends its sessions; no way into the network is uncovered by that', () => {
    const found = placed('alice@campus.example')
    assert.deepEqual(rules(found), [
      'ldap: account-locked alice@campus.example => suspend',
      'radius: no-session alice@campus.example => suspend',
    ])
    assert.deepEqual([found.gaps, found.widened], [[], []])
  })

  it('says of a realm that the directory does not have that it does not', () => {
    const found = placed('eve@lab.example')
    assert.deepEqual(rules(found), ['radius: no-session eve@lab.example => suspend'])
    assert.match(gaps(found).join(), /ldap unsupported: it has no accounts of lab\.example/)
  })

  it('says plainly of a visitor that the account cannot be locked, and ends the sessions of what they use', () => {
    const found = placed('bob@other.example', BOTH, [STATION])
    assert.deepEqual(rules(found), [
      'radius: no-session bob@other.example => suspend',
      `radius: no-session ${STATION} => drop`,
    ])
    assert.match(
      gaps(found).join(),
      /bob@other\.example is a visitor: the account lives at other\.example and cannot be locked here/,
    )
  })

  it('is nothing for what filters packets', () => {
    const found = placed('alice@campus.example', [{ device: 'edge', as: 'acl' }])
    assert.deepEqual(rules(found), [])
    assert.deepEqual(gaps(found), ['edge unsupported: acl is for addresses, and the target is an account'])
  })
})

describe('placing a block of a station', () => {
  it('puts it in quarantine, or ends its sessions, and locks nothing', () => {
    assert.deepEqual(rules(placed(STATION)), [`radius: no-session ${STATION} => quarantine`])
    assert.match(
      gaps(placed(STATION)).join(),
      /ldap unsupported: account-locked is for accounts, and the target is a station/,
    )
    assert.deepEqual(rules(placed(STATION, BOTH, [], { action: 'drop' })), [
      `radius: no-session ${STATION} => drop`,
    ])
  })

  it('says where nothing can quarantine', () => {
    const found = placed(STATION, [{ device: 'plain-radius', as: 'no-session' }])
    assert.deepEqual([rules(found), gaps(found)], [[], ['plain-radius unsupported: it cannot quarantine']])
  })
})

describe('placing a block of a host', () => {
  const WITH: PlacementRule['use'] = [
    { device: 'edge', as: 'acl' },
    { device: 'radius', as: 'no-session' },
  ]

  it('quarantines its station where that was asked for, and nobody where it was not', () => {
    assert.ok(
      rules(placed('10.0.1.7', WITH, [STATION])).includes(`radius: no-session ${STATION} => quarantine`),
    )
    const without = placed('10.0.1.7', WITH)
    assert.deepEqual([rules(without).some((rule) => rule.startsWith('radius')), without.gaps], [false, []])
  })

  it('says of a station that nothing ends its sessions', () => {
    const found = placed('10.0.1.7', [{ device: 'edge', as: 'acl' }], [STATION])
    assert.match(gaps(found).join(), new RegExp(`no device ends the sessions of ${STATION}`))
  })

  it('locks no account, and a department neither', () => {
    assert.match(gaps(placed('10.0.1.7')).join(), /account-locked is for accounts, and the target is a host/)
    assert.match(
      gaps(placed('department:physics')).join(),
      /no-session is for accounts and stations, and the target is a department/,
    )
  })
})
