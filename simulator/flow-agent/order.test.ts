import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../test/helpers/property.ts'
import { compareRules, orderedForm } from './order.ts'
import type { Component } from './rule.ts'

const destination = (prefix: string, offset = 0): Component => ({ type: 1, prefix, offset })
const source = (prefix: string): Component => ({ type: 2, prefix, offset: 0 })
const equal = (type: number, ...values: number[]): Component => ({
  type,
  tests: values.map((value, at) => ({
    op: (at === values.length - 1 ? 0x81 : 0x01) | (value > 255 ? 0x10 : 0),
    value,
  })),
})

function order(family: 4 | 6, a: Component[], b: Component[]): number {
  return compareRules(orderedForm({ family, components: a }), orderedForm({ family, components: b }))
}

/** Each pair: the first is evaluated before the second. */
const PAIRS: readonly [string, 4 | 6, Component[], Component[]][] = [
  ['a component that the other has not', 4, [destination('192.0.2.0/24')], []],
  ['the lower type of component', 4, [destination('192.0.2.0/24')], [source('192.0.2.0/24')]],
  ['the longer of two nested prefixes', 4, [destination('192.0.2.1/32')], [destination('192.0.2.0/24')]],
  ['the lower of two prefixes', 4, [destination('192.0.2.0/24')], [destination('198.51.100.1/32')]],
  ['one more component', 4, [destination('192.0.2.0/24'), equal(3, 6)], [destination('192.0.2.0/24')]],
  ['the lower octets', 4, [equal(5, 80)], [equal(5, 81)]],
  // 01 50 91 .. against 81 50: the bit for the end of the list is in the first octet
  ['a list before its own first value', 4, [equal(5, 80, 443)], [equal(5, 80)]],
  ['one octet before two', 4, [equal(5, 255)], [equal(5, 256)]],
  ['the lower offset', 6, [destination('2001:db8::1/128')], [destination('::1/128', 64)]],
  ['the lower value behind one offset', 6, [destination('ffff::1/128', 64)], [destination('::2/128', 64)]],
  ['the longer prefix behind one offset', 6, [destination('::1:0/128', 64)], [destination('::1:0/112', 64)]],
]

describe('the order of rules (RFC 8955 §5.1, RFC 8956 §4)', () => {
  for (const [what, family, first, second] of PAIRS) {
    test(`${what} goes first`, () => {
      assert.equal(order(family, first, second), -1)
      assert.equal(order(family, second, first), 1)
      assert.equal(order(family, first, first), 0)
    })
  }

  test('is one order: total, and the same from both sides', async () => {
    await holds(
      fc.property(fc.array(rules, { minLength: 3, maxLength: 3 }), ([a = [], b = [], c = []]) => {
        assert.equal(order(4, a, b), -order(4, b, a) || 0)
        if (order(4, a, b) <= 0 && order(4, b, c) <= 0) assert.ok(order(4, a, c) <= 0)
        if (order(4, a, b) === 0) assert.deepEqual(a, b)
      }),
      2_000,
    )
  })

  test('never puts a prefix behind one that covers it', async () => {
    await holds(
      fc.property(fc.nat({ max: 0xff }), fc.integer({ min: 25, max: 32 }), (last, length) => {
        const inner = destination(`192.0.2.${(last >> (32 - length)) << (32 - length)}/${length}`)
        assert.equal(order(4, [inner], [destination('192.0.2.0/24'), equal(3, 6)]), -1)
      }),
      200,
    )
  })
})

const octet = fc.integer({ min: 0, max: 3 })
const prefix = fc
  .tuple(octet, fc.integer({ min: 8, max: 10 }))
  .map(([first, length]) => `${first * 64}.0.0.0/${length}`)
const rules: fc.Arbitrary<Component[]> = fc
  .tuple(
    fc.option(prefix.map((one) => destination(one))),
    fc.option(prefix.map(source)),
    fc.option(
      fc.array(fc.constantFrom(1, 2, 300), { minLength: 1, maxLength: 3 }).map((list) => equal(5, ...list)),
    ),
  )
  .map((parts) => parts.filter((part) => part !== null))
