import { InputError } from './input-error.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/** Longest duration that is taken: ten years. What should last longer is `permanent`, and listed for review. */
const LONGEST = 10 * 366 * 86_400_000

/**
 * Reads a duration such as `90s`, `15m`, `24h`, `7d`, `2w` or `1h30m`, in milliseconds.
 * @throws InputError `duration`
 */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9})([smhdw])/g)]
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS.get(unit ?? '') ?? 0), 0)
  if (parts.map((part) => part[0]).join('') !== text || total <= 0) {
    throw new InputError(
      'duration',
      `'${text}' is not a duration; write for example 90s, 15m, 24h, 7d or 1h30m`,
    )
  }
  if (total > LONGEST)
    throw new InputError('duration', `'${text}' is over ten years; say permanent if that is meant`)
  return total
}

/** A duration as people write it, such as `7d` or `1h30m`; parts of a second count as a whole one. */
export function durationText(ms: number): string {
  let left = Math.ceil(ms / 1_000)
  const parts = (['d', 'h', 'm', 's'] as const).map((unit) => {
    const seconds = (UNITS.get(unit) ?? 0) / 1_000
    const count = Math.floor(left / seconds)
    left -= count * seconds
    return count === 0 ? '' : `${count}${unit}`
  })
  return parts.join('') || '0s'
}
