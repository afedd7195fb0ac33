/** Names of our cookies, and how they are kept. */
export interface Cookies {
  readonly session: string
  /** Of a login that was begun. */
  readonly login: string
  readonly secure: boolean
}

/**
 * Browsers take a name with `__Host-` only over TLS, for one host and its whole address, so that no other host of the
 * domain can put one there (RFC 6265bis §4.1.3.2).
 */
export function cookiesOver(tls: boolean): Cookies {
  const prefix = tls ? '__Host-' : ''
  return { session: `${prefix}cordon-session`, login: `${prefix}cordon-login`, secure: tls }
}

/** The value of a cookie in a `Cookie` header; one that is there twice is nobody's. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

/** A `Set-Cookie` header. `value` must be of letters, digits, `.`, `_` and `-`; 0 seconds remove the cookie. */
export function cookieText(name: string, value: string, seconds: number, { secure }: Cookies): string {
  const parts = [`${name}=${value}`, 'Path=/', `Max-Age=${seconds}`, 'HttpOnly', 'SameSite=Lax']
  return [...parts, ...(secure ? ['Secure'] : [])].join('; ')
}
