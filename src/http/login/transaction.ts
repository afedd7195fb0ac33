import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../domain/clock.ts'

/** What belongs to one login, from the way to the provider to the way back. */
export interface Transaction {
  readonly state: string
  readonly nonce: string
  /** Of PKCE (RFC 7636); only its digest goes through the browser. */
  readonly verifier: string
  readonly challenge: string
  /** Where in Cordon the browser goes afterwards. */
  readonly to: string
}

/** How long a person may take at the provider, in seconds. */
export const LOGIN_LASTS = 600

export interface Transactions {
  /** Begins a login: what it consists of, and the cookie that leads back to it. */
  begin(to: string): { readonly transaction: Transaction; readonly cookie: string }
  /** The login of a cookie; `undefined` when it is not ours or is over. */
  read(cookie: string | undefined): Transaction | undefined
}

/**
 * Logins that were begun, kept by the browsers: a cookie has a random text, an end and the place to go to, signed with a
 * key of this process. State, nonce and verifier are derived from the random text with the same key, so that the cookie
 * gives none of them away, and nobody who only begins logins can fill any memory.
 */
export function createTransactions(
  clock: Pick<Clock, 'now'>,
  randomText: (bytes: number) => string,
): Transactions {
  const key = Buffer.from(randomText(32), 'base64url')
  const derive = (...parts: string[]): string =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url')
  const transactionOf = (random: string, to: string): Transaction => {
    const verifier = derive('verifier', random)
    return {
      state: derive('state', random),
      nonce: derive('nonce', random),
      verifier,
      challenge: hash('sha256', verifier, 'base64url'),
      to,
    }
  }
  return {
    begin(to) {
      const random = randomText(32)
      const end = String(clock.now() + LOGIN_LASTS * 1_000)
      const place = Buffer.from(to).toString('base64url')
      const cookie = [random, end, place, derive('cookie', random, end, place)].join('.')
      return { transaction: transactionOf(random, to), cookie }
    },
    read(cookie) {
      const [random, end, place, signature, ...more] = (cookie ?? '').split('.')
      if (random === undefined || end === undefined || place === undefined || signature === undefined)
        return undefined
      if (more.length > 0 || !isSameText(signature, derive('cookie', random, end, place))) return undefined
      if (clock.now() >= Number(end)) return undefined
      return transactionOf(random, Buffer.from(place, 'base64url').toString())
    },
  }
}

/** Compares in a time that does not tell where they differ. */
export function isSameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
