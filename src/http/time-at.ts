import { AppError } from '../app/app-error.ts'

/** RFC 3339 with a zone, or a day and hour in it. */
const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/

/** A time of a query, in milliseconds since 1970. @throws AppError `invalid` */
export function timeAt(path: string, text: string): number {
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new AppError(
    400,
    'invalid',
    `${path}: '${text}' is not a time; write it with a zone, such as 2026-11-20T18:00:00Z`,
    { path },
  )
}
