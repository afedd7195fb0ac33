import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Durations } from '../../src/app/statistics/durations.ts'
import { withheld } from '../../src/app/statistics/withhold.ts'
import { holds } from '../helpers/property.ts'

const times = fc.array(fc.integer({ min: 1, max: 10 ** 9 }), { minLength: 1, maxLength: 60 })

describe('durations', () => {
  it('tell each share within 4.5 %, also when they were put together of parts', async () => {
    await holds(
      fc.property(times, times, fc.double({ min: 0, max: 1, noNaN: true }), (some, others, share) => {
        const [all, rest] = [new Durations(), new Durations()]
        for (const ms of some) all.add(ms)
        for (const ms of others) rest.add(ms)
        all.addAll(rest)
        const sorted = [...some, ...others].sort((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0
        const told = all.quantile(share) ?? 0
        assert.ok(Math.abs(told - exact) <= exact * 0.045, `${told} for ${exact}`)
        assert.deepEqual([all.count, all.longest], [sorted.length, sorted.at(-1)])
      }),
      500,
    )
  })
})

/** All ways to fill what is withheld that come to the same answer, by trying each. */
function readings(
  told: ReturnType<typeof withheld>,
  smallest: number,
  names: readonly string[],
): readonly Readonly<Record<string, number>>[] {
  const hidden = names.filter((name) => told.parts[name] === null)
  const known = names.reduce((sum, name) => sum + (told.parts[name] ?? 0), 0)
  const left = told.whole === null ? undefined : told.whole - known
  const tries = (at: number, room: number): Record<string, number>[] => {
    const name = hidden[at]
    if (name === undefined) return room === 0 || left === undefined ? [{}] : []
    const last = at === hidden.length - 1 && left !== undefined
    const counts = last ? [room] : Array.from({ length: room + 1 }, (_, count) => count)
    return counts.flatMap((count) => tries(at + 1, room - count).map((rest) => ({ [name]: count, ...rest })))
  }
  return tries(0, left ?? smallest - 1).flatMap((guess) => {
    const all = Object.fromEntries(names.map((name) => [name, told.parts[name] ?? guess[name] ?? 0]))
    return JSON.stringify(withheld(all, smallest)) === JSON.stringify(told) ? [all] : []
  })
}

describe('small counts', () => {
  const counts = fc.array(fc.nat(12), { minLength: 1, maxLength: 4 })
  it('are never told, and cannot be worked out from the whole, even by who knows the rule', async () => {
    await holds(
      fc.property(counts, fc.integer({ min: 3, max: 5 }), (values, smallest) => {
        const parts = Object.fromEntries(values.map((value, at) => [`p${at}`, value]))
        const names = Object.keys(parts)
        const told = withheld(parts, smallest)
        const whole = values.reduce((sum, value) => sum + value, 0)
        assert.equal(told.whole, whole < smallest ? null : whole)
        for (const name of names) {
          const value = told.parts[name] ?? null
          if (value !== null) assert.ok(value === parts[name] && value >= smallest)
        }
        const all = readings(told, smallest, names)
        for (const name of names.filter((one) => told.parts[one] === null))
          assert.ok(new Set(all.map((one) => one[name])).size > 1, `${name} of ${JSON.stringify(parts)}`)
      }),
      400,
    )
  })

  it('take no more with them than it takes', () => {
    assert.deepEqual(withheld({ a: 20, b: 30, c: 3 }, 5).parts, { a: 20, b: null, c: null })
    assert.deepEqual(withheld({ a: 20, b: 30, c: 3, d: 4 }, 5).parts, { a: 20, b: 30, c: null, d: null })
    assert.deepEqual(withheld({ a: 20, b: 30 }, 5).parts, { a: 20, b: 30 })
  })
})
