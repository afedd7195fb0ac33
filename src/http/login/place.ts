import { AppError } from '../../app/app-error.ts'

/** Stands for wherever Cordon is, to see whether an address stays there. */
const HERE = 'http://here.invalid'

/**
 * Where a browser goes after logging in: a path of this server and never another one. What browsers read as a host
 * (`//host`, `/\host`, or with tabs between) is refused, and what they do not say in a path.
 * @throws AppError `invalid`
 */
export function placeAfterLogin(to: string | undefined): string {
  if (to === undefined) return '/'
  const plain = /^\/(?![/\\])[\x21-\x5B\x5D-\x7E]*$/.test(to) && URL.canParse(to, HERE)
  // As it was read, so that `/.//host` is what it comes to.
  const { origin, pathname, search, hash } = plain ? new URL(to, HERE) : new URL('x:')
  if (origin === HERE && !pathname.startsWith('//')) return `${pathname}${search}${hash}`
  throw new AppError(400, 'invalid', 'to: give a path of this server, such as /blocks/1042', { path: 'to' })
}
