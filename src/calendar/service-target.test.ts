import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../domain/input-error.ts'
import { parseTarget, parseTimeTarget, type ServiceTarget, targetText } from './service-target.ts'

const HOUR = 3_600_000

describe('what a service promises', () => {
  const texts: readonly (readonly [text: string, target: ServiceTarget, written?: string])[] = [
    ['1 working day', { days: 1 }],
    ['250 working days', { days: 250 }],
    ['4 working hours', { time: 4 * HOUR, in: 'full' }],
    ['90 working minutes', { time: 1.5 * HOUR, in: 'full' }],
    ['120 working minutes', { time: 2 * HOUR, in: 'full' }, '2 working hours'],
    ['1 on-call hour', { time: HOUR, in: 'on-call' }],
    ['20 on-call seconds', { time: 20_000, in: 'on-call' }],
    ['1h30m', { time: 1.5 * HOUR, in: 'always' }],
    ['36h', { time: 36 * HOUR, in: 'always' }, '1d12h'],
  ]
  for (const [text, target, written = text] of texts)
    it(`${text} is read, and written as ${written}`, () => {
      assert.deepEqual(parseTarget(text), target)
      assert.equal(targetText(target), written)
      assert.deepEqual(parseTarget(written), target)
    })

  for (const [text, words] of [
    ['', /write 1 working day, 4 working hours, 1 on-call hour or 30m/],
    ['soon', /'soon' is not understood/],
    ['0 working days', /is not understood/],
    ['1.5 working hours', /is not understood/],
    ['1 on-call day', /days are working days/],
    ['251 working days', /too far away/],
    ['12w', /too far away/],
  ] as const)
    it(`'${text}' is refused`, () => {
      assert.throws(
        () => parseTarget(text),
        (error: unknown) =>
          error instanceof InputError && error.code === 'service-target' && words.test(error.message),
      )
    })

  it('a reminder is in hours, since it counts back', () => {
    assert.deepEqual(parseTimeTarget('2 working hours'), { time: 2 * HOUR, in: 'full' })
    assert.throws(() => parseTimeTarget('1 working day'), /in days; write it in hours/)
  })
})
