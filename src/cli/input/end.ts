import { usage } from '../exit.ts'
import type { Ends } from '../http/wire.ts'

/** The options that say when something ends. */
export interface EndOptions {
  readonly for?: string
  readonly until?: string
  readonly permanent?: boolean
}

/** What the API takes for them; nothing when none was given. @throws CliError when more than one was */
export function readEnds(options: EndOptions, now: number): Ends {
  const given = (['for', 'until', 'permanent'] as const).filter((name) => options[name] !== undefined)
  if (given.length > 1)
    throw usage(`give one of ${given.map((name) => `--${name}`).join(' and ')}, not ${given.length}`)
  if (options.for !== undefined) return { duration: options.for }
  if (options.until !== undefined) return { until: new Date(readTime(options.until, now)).toISOString() }
  return options.permanent === true ? { permanent: true } : {}
}

/** The same where an end must be given. */
export function requireEnds(options: EndOptions, now: number, permanent = true): Ends {
  const ends = readEnds(options, now)
  if (Object.keys(ends).length === 0)
    throw usage(`say how long: --for 24h${permanent ? ', --until TIME or --permanent' : ' or --until TIME'}`)
  return ends
}

const TIME = /^(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/

/**
 * Reads a time as people type it: RFC 3339, or without a zone and then local, or a time of day alone: the next
 * such time.
 * @throws CliError
 */
export function readTime(text: string, now: number): number {
  const parts = TIME.exec(text)
  const bad = usage(
    `--until: '${text}' is not a time; write 2026-11-20T18:00:00Z, or '2026-11-20 18:00' or 18:00 in local time`,
  )
  if (parts === null) throw bad
  const [, year, month, day, hour, minute, second, zone] = parts
  if (zone !== undefined) {
    const time = Date.parse(text.replace(' ', 'T'))
    if (year === undefined || Number.isNaN(time)) throw bad
    return time
  }
  const today = new Date(now)
  const date = new Date(
    year === undefined ? today.getFullYear() : Number(year),
    month === undefined ? today.getMonth() : Number(month) - 1,
    day === undefined ? today.getDate() : Number(day),
    Number(hour),
    Number(minute),
    Number(second ?? 0),
  )
  // Date rolls 31 February and 25:00 over into another day, which nobody meant.
  if ((day !== undefined && date.getDate() !== Number(day)) || Number(hour) > 23 || Number(minute) > 59)
    throw bad
  if (year === undefined && date.getTime() <= now) date.setDate(date.getDate() + 1)
  return date.getTime()
}
