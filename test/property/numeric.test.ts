import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bitTestsHave, bitTestsText, readBitTests, TCP_FLAGS } from '../../src/domain/bitmask.ts'
import { InputError } from '../../src/domain/input-error.ts'
import { rangesCover, rangesHave, rangesText, readRanges } from '../../src/domain/numeric.ts'
import { arbitraryTcpFlags } from '../contract/arbitrary-components.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 300
const MAX = 15

/** One operator of RFC 8955 §4.2.1.1 as text, and what it means on 0 to 15. */
const term = fc
  .tuple(fc.constantFrom('=', '<', '<=', '>', '>=', '-'), fc.nat(MAX), fc.nat(MAX))
  .filter(([operator, a]) => !(operator === '<' && a === 0) && !(operator === '>' && a === MAX))
  .map(([operator, a, b]): { text: string; has: (value: number) => boolean } => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)]
    switch (operator) {
      case '=':
        return { text: `${a}`, has: (value) => value === a }
      case '<':
        return { text: `<${a}`, has: (value) => value < a }
      case '<=':
        return { text: `<=${a}`, has: (value) => value <= a }
      case '>':
        return { text: `>${a}`, has: (value) => value > a }
      case '>=':
        return { text: `>=${a}`, has: (value) => value >= a }
      default:
        return { text: `${low}-${high}`, has: (value) => low <= value && value <= high }
    }
  })
const list = fc.array(term, { minLength: 1, maxLength: 5 })
const values = Array.from({ length: MAX + 1 }, (_, value) => value)

const textOf = (terms: { text: string }[]): string => terms.map((one) => one.text).join(',')
const modelOf = (terms: { has: (value: number) => boolean }[]): number[] =>
  values.filter((value) => terms.some((one) => one.has(value)))

describe('numeric operators against every value', () => {
  it('match what RFC 8955 says', () =>
    holds(
      fc.property(list, (terms) => {
        const ranges = readRanges(textOf(terms), MAX)
        assert.deepEqual(
          values.filter((value) => rangesHave(ranges, value)),
          modelOf(terms),
        )
        assert.deepEqual(readRanges(rangesText(ranges), MAX), ranges)
      }),
      RUNS,
    ))

  it('have equal text exactly when they match the same values', () =>
    holds(
      fc.property(list, list, (a, b) => {
        const same = modelOf(a).join() === modelOf(b).join()
        assert.equal(rangesText(readRanges(textOf(a), MAX)) === rangesText(readRanges(textOf(b), MAX)), same)
      }),
      RUNS,
    ))

  it('cover as sets do', () =>
    holds(
      fc.property(list, list, (outer, inner) => {
        const model = modelOf(outer)
        const covered = modelOf(inner).every((value) => model.includes(value))
        assert.equal(rangesCover(readRanges(textOf(outer), MAX), readRanges(textOf(inner), MAX)), covered)
      }),
      RUNS,
    ))

  const refused: readonly unknown[] = [
    '',
    ' ',
    ',',
    '1,',
    '16',
    '<0',
    '>15',
    '>=16',
    '<=16',
    '5-3',
    '-1',
    '1.5',
    '1e1',
    '0x1',
    '=5',
    '1--2',
    '1-',
    '< ',
    'tcp',
    [],
    [[1]],
    {},
    null,
    undefined,
    true,
    1.5,
    -1,
    16,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]
  for (const input of refused) {
    it(`${JSON.stringify(input) ?? 'undefined'} (${typeof input}) is refused`, () => {
      assert.throws(
        () => readRanges(input, MAX),
        (error) => error instanceof InputError && error.code === 'match-value',
      )
    })
  }
})

describe('flag tests against every combination of flags', () => {
  const packets = Array.from({ length: 256 }, (_, flags) => flags)
  const order = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']

  /** Straight from the text: every word of one alternative holds. */
  const model = (text: string, flags: number): boolean =>
    text.split(',').some((alternative) =>
      alternative.split('&').every((word) => {
        const bit = 1 << order.indexOf(word.replace('!', ''))
        return ((flags & bit) !== 0) !== word.startsWith('!')
      }),
    )

  it('match what their words say, and come back as they were written', () =>
    holds(
      fc.property(arbitraryTcpFlags(), (text) => {
        const tests = readBitTests(text, TCP_FLAGS)
        for (const flags of packets) assert.equal(bitTestsHave(tests, flags), model(text, flags), `${flags}`)
        const canonical = bitTestsText(tests, TCP_FLAGS)
        assert.deepEqual(readBitTests(canonical, TCP_FLAGS), tests)
        assert.equal(bitTestsText(readBitTests(canonical, TCP_FLAGS), TCP_FLAGS), canonical)
      }),
      RUNS,
    ))

  it('do not depend on the order of words and alternatives', () =>
    holds(
      fc.property(arbitraryTcpFlags(), (text) => {
        const turned = text
          .split(',')
          .map((alternative) => alternative.split('&').reverse().join('&'))
          .reverse()
          .join(',')
        assert.deepEqual(readBitTests(turned, TCP_FLAGS), readBitTests(text, TCP_FLAGS))
      }),
      RUNS,
    ))

  for (const input of ['', ' ', 'syn,', 'syn&', '!', 'sin', 'syn&!syn', 'syn ack', '2', 2, null, ['syn']]) {
    it(`${JSON.stringify(input)} is refused`, () => {
      assert.throws(
        () => readBitTests(input, TCP_FLAGS),
        (error) => error instanceof InputError && error.code === 'match-value',
      )
    })
  }
})
