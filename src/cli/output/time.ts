import type { Io } from '../io.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** The two largest units: `2d 4h`, `59m 3s`. */
export function spanText(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1_000)) * 1_000
  const words: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) words.push(`${count}${unit}`)
  }
  return words.slice(0, 2).join(' ') || '0s'
}

/** `in 3h 59m`, `12s ago`. */
export function relativeText(time: number, now: number): string {
  return time > now ? `in ${spanText(time - now)}` : `${spanText(now - time)} ago`
}

/** Local time with its offset, as sortable as ISO 8601: `2026-11-20 18:00:00 +0100`. */
export function localText(time: number): string {
  const date = new Date(time)
  const two = (value: number): string => String(Math.abs(Math.trunc(value))).padStart(2, '0')
  const offset = -date.getTimezoneOffset()
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${clock} ${offset < 0 ? '-' : '+'}${two(offset / 60)}${two(offset % 60)}`
}

/** Both, for details. */
export function fullText(time: number, { now }: Pick<Io, 'now'>): string {
  return `${localText(time)} (${relativeText(time, now())})`
}
