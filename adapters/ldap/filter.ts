import { EqualityFilter, Filter, OrFilter } from 'ldapts'
import { realmOf } from '../../src/domain/identity.ts'
import type { EntryId } from './entry.ts'

/**
 * What finds an account: the part before the `@` in an attribute, or a filter in parentheses into which the parts are put,
 * escaped (RFC 4515 §3). In one pass: a name may look like one of the places.
 */
export function nameFilter(user: string, account: string): Filter | string {
  const realm = realmOf(account)
  const parts = { user: account.slice(0, -realm.length - 1), realm, account }
  if (!user.startsWith('(')) return new EqualityFilter({ attribute: user, value: parts.user })
  return user.replaceAll(/\{(user|realm|account)\}/g, (_, name: keyof typeof parts) =>
    Filter.escape(parts[name]),
  )
}

/** Any of these entries, whatever they are called. */
export function idFilter(ids: readonly EntryId[]): Filter {
  const each = ids.map((id) => new EqualityFilter({ attribute: id.attribute, value: id.value }))
  const [only] = each
  return each.length === 1 && only !== undefined ? only : new OrFilter({ filters: each })
}
