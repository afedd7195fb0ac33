import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isMentioned, mentions, type Subject } from './mention.ts'
import { parsePrefix } from './prefix.ts'

const host = (text: string): Subject => ({ kind: 'host', prefix: parsePrefix(text) })
const account = (name: string): Subject => ({ kind: 'account', name })

describe('who a text is about', () => {
  for (const text of [
    '192.0.2.7',
    'a flood to 192.0.2.7.',
    '(192.0.2.7)',
    'tcp://192.0.2.7:443/x',
    '192.0.2.0/24 is blocked',
    '192.0.2.7/24',
    '::ffff:192.0.2.7',
  ])
    it(`'${text}' names 192.0.2.7`, () => assert.ok(mentions(text, host('192.0.2.7'))))

  for (const text of [
    '192.0.2.70',
    '1.192.0.2.7',
    '192.0.2.7.1',
    '192.0.3.0/24',
    '192.0.2',
    'at 19:20:27',
    '',
  ])
    it(`'${text}' does not name 192.0.2.7`, () => assert.ok(!mentions(text, host('192.0.2.7'))))

  for (const text of [
    '2001:db8::7',
    '2001:0DB8:0:0::7',
    'from [2001:db8::7]:443',
    'it is 2001:db8::7: look',
    '2001:db8::/64',
    'see 2001:db8::7.',
  ])
    it(`'${text}' names 2001:db8::7`, () => assert.ok(mentions(text, host('2001:db8::7'))))

  for (const text of ['2001:db8::8', '2001:db8:0:1::/64', 'db8::7', '12:30:07'])
    it(`'${text}' does not name 2001:db8::7`, () => assert.ok(!mentions(text, host('2001:db8::7'))))

  it('an account is named whole, in any case, and not as a part of another', () => {
    const alice = account('alice@campus.example')
    assert.ok(mentions('ALICE@campus.example was phished.', alice))
    assert.ok(mentions('mail to alice@campus.example.', alice))
    assert.ok(!mentions('malice@campus.example', alice))
    assert.ok(!mentions('alice@campus.example.org', alice))
    assert.ok(!mentions('alice', alice))
  })

  it('is found however deep it stands', () => {
    const value = { a: [{ b: 'x' }, { c: { d: 'host 192.0.2.7' } }], e: null, f: 3 }
    assert.ok(isMentioned(value, host('192.0.2.7')))
    assert.ok(!isMentioned(value, host('192.0.2.8')))
  })

  it('any address is found between words', () => {
    const words = fc.constantFrom('', ' ', ' (', '"', ' = ', 'to ', ',', '\n')
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), words, words, (address, before, behind) => {
        const subject = (() => {
          try {
            return host(address)
          } catch {
            return undefined
          }
        })()
        fc.pre(subject !== undefined)
        assert.ok(mentions(`x${before === '' ? ' ' : before}${address}${behind} y`, subject))
      }),
    )
  })

  it('reads any text without an end', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 2_000, unit: fc.constantFrom(':', '.', 'a', '1', '/', ' ') }),
        (text) => {
          mentions(text, host('192.0.2.7'))
          mentions(text, account('a.1'))
        },
      ),
    )
  })
})
