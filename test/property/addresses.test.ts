import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InputError } from '../../src/domain/input-error.ts'
import {
  type Prefix,
  prefixAddress,
  prefixBits,
  prefixesOverlap,
  prefixFamily,
  prefixFromBits,
  prefixSize,
} from '../../src/domain/prefix.ts'
import { MOST_OF_RANGE, readAddresses, sharing } from '../../src/triggers/addresses.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 500

describe('ranges of addresses', () => {
  it('hold exactly what they say, in at most eight prefixes', async () => {
    const range = fc.tuple(
      fc.constantFrom([4, 0xc0000200n] as const, [6, 0x20010db8_00000000_00000000_00000000n] as const),
      fc.bigInt(0n, 300n),
      fc.bigInt(0n, 300n),
    )
    await holds(
      fc.property(range, ([[family, base], low, length]) => {
        const width = family === 4 ? 32 : 128
        const text = [low, low + length]
          .map((offset) => prefixAddress(prefixFromBits(family, base + offset, width)))
          .join('-')
        const prefixes = rangeOf(text)
        if (prefixes === undefined) return
        assert.ok(prefixes.length <= MOST_OF_RANGE)
        let next = base + low
        for (const prefix of prefixes) {
          assert.equal(prefixFamily(prefix), family)
          assert.equal(prefixBits(prefix), next)
          next += prefixSize(prefix)
        }
        assert.equal(next, base + low + length + 1n)
      }),
      RUNS,
    )
  })

  it('are refused by nothing but an input error', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9a-f:./-]{0,40}$/),
      fc.ipV6().map((ip) => `::-${ip}`),
    )
    await holds(
      fc.property(text, (input) => void rangeOf(input)),
      RUNS,
    )
  })

  it('share addresses as prefixes compared one by one do', async () => {
    const prefix = fc
      .tuple(fc.constantFrom(0xc0000200n, 0xc6336400n), fc.bigInt(0n, 15n), fc.integer({ min: 26, max: 32 }))
      .map(([base, low, length]) => prefixFromBits(4, base + low, length))
    await holds(
      fc.property(fc.array(prefix, { maxLength: 6 }), prefix, (all, one) => {
        assert.equal(
          sharing(all)(one),
          all.some((other) => prefixesOverlap(other, one)),
        )
      }),
      RUNS,
    )
  })
})

function rangeOf(text: string): readonly Prefix[] | undefined {
  try {
    return readAddresses(text)
  } catch (error) {
    assert.ok(error instanceof InputError, String(error))
    return undefined
  }
}
