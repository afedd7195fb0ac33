import { usage } from '../exit.ts'

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/

/**
 * Reads a time that is over, as the API takes it: how long ago (`24h`), a day, or RFC 3339, without a zone in local time.
 * @throws CliError
 */
export function readPast(text: string, option: string, now: number): string {
  const parts = [...text.matchAll(/(\d{1,6})([smhdw])/g)]
  if (text !== '' && parts.map((part) => part[0]).join('') === text) {
    const ago = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0)
    return new Date(now - ago).toISOString()
  }
  // A day alone would be read as one of UTC.
  const whole = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text.replace(' ', 'T')
  const time = TIME.test(text) ? Date.parse(whole) : Number.NaN
  if (!Number.isNaN(time)) return new Date(time).toISOString()
  throw usage(
    `${option}: '${text}' is no time; write 24h or 7d (ago), 2026-11-20, '2026-11-20 18:00' or 2026-11-20T18:00:00Z`,
  )
}
