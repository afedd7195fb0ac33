import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AttributeName, attribute } from './codec/attributes.ts'
import { CODE, type Packet } from './codec/packet.ts'
import { namesOf, readRecord } from './record.ts'

const NOW = 1_790_000_000_000

function packet(given: Partial<Record<AttributeName, string | number>>): Packet {
  const attributes = Object.entries(given).map(([name, value]) => attribute(name as AttributeName, value))
  return { code: CODE.accountingRequest, identifier: 1, authenticator: Buffer.alloc(16), attributes }
}

describe('a record of accounting', () => {
  it('says when it was by the NAS, or how long ago by us', () => {
    const base = { 'Acct-Status-Type': 1, 'Acct-Session-Id': 'a1', 'NAS-Identifier': 'wlc' }
    const at = (more: Partial<Record<AttributeName, number>>): unknown => {
      const told = readRecord(packet({ ...base, ...more }), NOW)
      return typeof told === 'object' ? told.at : told
    }
    assert.equal(at({}), NOW)
    assert.equal(at({ 'Acct-Delay-Time': 30 }), NOW - 30_000)
    assert.equal(at({ 'Event-Timestamp': 1_780_000_000, 'Acct-Delay-Time': 30 }), 1_780_000_000_000)
  })

  it('that is about nothing that we know is left alone, and one that lacks something says what', () => {
    assert.equal(readRecord(packet({ 'Acct-Status-Type': 9 }), NOW), undefined)
    assert.equal(readRecord(packet({}), NOW), 'no Acct-Status-Type')
    assert.equal(readRecord(packet({ 'Acct-Status-Type': 3 }), NOW), 'no Acct-Session-Id')
  })
})

describe('the names of a session', () => {
  for (const [what, given, names] of [
    ['an account in any case', { user: 'Alice@CAMPUS.example' }, ['alice@campus.example']],
    ['a name without a realm, which is of ours', { user: 'alice' }, ['alice@campus.example']],
    ['a name with a null octet behind it', { user: 'alice@campus.example\0' }, ['alice@campus.example']],
    ['a name in UTF-8, as octets', { user: 'zo\u00c3\u00ab@campus.example' }, ['zoë@campus.example']],
    ['a machine, which is nobody', { user: 'host/pc1.campus.example' }, []],
    ['a station', { station: '02-00-5E-10-00-01' }, ['02:00:5e:10:00:01']],
    ['a station with its network', { station: '02-00-5E-10-00-01:eduroam' }, ['02:00:5e:10:00:01']],
    ['a station as Cisco writes it', { station: '0200.5e10.0001' }, ['02:00:5e:10:00:01']],
    ['what is let in by its address', { user: '02005e100001' }, ['02:00:5e:10:00:01']],
    ['a group of stations, which is nobody', { station: '01-00-5E-00-00-01' }, []],
    [
      'a visitor with a chargeable identity',
      { user: 'anonymous@other.example', cui: '9F8E7D' },
      ['anonymous@other.example', '9f8e7d@other.example'],
    ],
    ['a chargeable identity that is no name', { user: 'x@other.example', cui: '\0' }, ['x@other.example']],
  ] as const)
    it(what, () => assert.deepEqual(namesOf(given, 'campus.example'), names))
})
