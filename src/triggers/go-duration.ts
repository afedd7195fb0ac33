import { InputError } from '../domain/input-error.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
])

const PART = /(\d{1,18}(?:\.\d{1,18})?)(ns|us|µs|μs|ms|s|m|h)/g

/**
 * Reads a duration as Go writes it, such as `3h59m58.770428561s`, `250ms` or `-1.1s`, in whole milliseconds, rounded down.
 * @throws InputError `go-duration`
 */
export function parseGoDuration(text: string): number {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  const parts = [...rest.slice(0, 200).matchAll(PART)]
  const isWhole = rest !== '' && (rest === '0' || parts.map(([part]) => part).join('') === rest)
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS.get(unit ?? '') ?? 0), 0)
  if (!isWhole || !Number.isSafeInteger(Math.floor(total)))
    throw new InputError(
      'go-duration',
      `'${text.slice(0, 40)}' is not a duration of Go's such as 3h59m58.77s`,
    )
  return Math.floor(sign === '-' ? -total : total) + 0
}
