import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../test/helpers/property.ts'
import { disjoint, isPrefix } from './prefixes.ts'

const four = fc
  .tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 }))
  .map(([address, length]) => `${address}/${length}`)
const six = fc
  .tuple(fc.ipV6(), fc.integer({ min: 1, max: 128 }))
  .map(([address, length]) => `${address}/${length}`)

describe('prefixes', () => {
  for (const family of [4, 6] as const)
    test(`IPv${family}: those that are left cover the same addresses, each once`, async () => {
      const all = family === 4 ? four : six
      const address = family === 4 ? fc.ipV4() : fc.ipV6()
      const property = fc.property(
        fc.array(all, { maxLength: 12 }),
        fc.array(address),
        (texts, strangers) => {
          const left = disjoint(texts, family)
          const asked = [...strangers, ...texts.map((text) => text.split('/')[0] ?? '')]
          for (const one of asked) {
            assert.equal(
              listOf(left, family).check(one, `ipv${family}`),
              listOf(texts, family).check(one, `ipv${family}`),
            )
            assert.ok(
              left.filter((prefix) => listOf([prefix], family).check(one, `ipv${family}`)).length <= 1,
            )
          }
          assert.ok(left.every(isPrefix))
        },
      )
      await holds(property, 200)
    })

  test('what is no prefix', () => {
    for (const text of [
      '',
      '192.0.2.1/33',
      '2001:db8::/129',
      '192.0.2.0/',
      'a/8',
      '192.0.2.0/8/9',
      'fe80::1%eth0',
    ])
      assert.equal(isPrefix(text), false, text)
  })
})

function listOf(prefixes: readonly string[], family: 4 | 6): BlockList {
  const list = new BlockList()
  for (const prefix of prefixes) {
    const [address = '', length] = prefix.split('/')
    list.addSubnet(address, Number(length), `ipv${family}`)
  }
  return list
}
