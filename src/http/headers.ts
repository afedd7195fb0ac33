import type { FastifyRequest } from 'fastify'
import { AppError } from '../app/app-error.ts'

/** The longest that a client may ask to wait, in seconds; a longer wish is cut to this. */
const LONGEST_WAIT = 60

const LONGEST_KEY = 200

/** @throws AppError `idempotency-key-missing`, `invalid` */
export function idempotencyKey({ headers }: FastifyRequest): string {
  const key = headers['idempotency-key']
  if (key === undefined || key === '') {
    throw new AppError(
      400,
      'idempotency-key-missing',
      'send an Idempotency-Key, a text of your own for this one request, so that repeating it is harmless',
    )
  }
  if (typeof key !== 'string' || key.length > LONGEST_KEY)
    throw new AppError(400, 'invalid', `Idempotency-Key: at most ${LONGEST_KEY} characters, once`, {
      path: 'Idempotency-Key',
    })
  return key
}

/** The version that the caller has seen. @throws AppError `if-match-required`, `invalid` */
export function ifMatch({ headers }: FastifyRequest): number {
  const given = headers['if-match']
  if (given === undefined || given === '*') {
    throw new AppError(
      428,
      'if-match-required',
      'send If-Match with the ETag of the version that you have seen, such as If-Match: "3"',
    )
  }
  const version = /^"([1-9]\d{0,14})"$/.exec(given)?.[1]
  if (version === undefined)
    throw new AppError(400, 'invalid', 'If-Match: give one ETag as it was answered, such as "3"', {
      path: 'If-Match',
    })
  return Number(version)
}

/** Seconds to wait by `Prefer: wait=N` (RFC 7240); 0 for none. Other preferences are ignored, as that RFC has it. */
export function preferredWait({ headers }: FastifyRequest): number {
  const { prefer } = headers
  if (prefer === undefined) return 0
  const text = Array.isArray(prefer) ? prefer.join(',') : prefer
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(text)?.[1]
  return wait === undefined ? 0 : Math.min(Number(wait), LONGEST_WAIT)
}

export function etag(version: number): string {
  return `"${version}"`
}
