import { EqualityFilter, Filter, FilterParser, OrFilter } from 'ldapts'
import { realmOf } from '../../src/domain/identity.ts'
import { type EntryId, idOf } from './entry.ts'

/**
 * What finds an account: a filter with places for its parts, which are values and nothing else (RFC 4515 §3). They are put
 * in at once, as a name may look like one of the places.
 * @throws Error when it is no filter
 */
export function nameFilter(template: string, account: string): Filter {
  const realm = realmOf(account)
  const parts = { user: account.slice(0, -realm.length - 1), realm, account }
  const text = template.replaceAll(/\{(user|realm|account)\}/g, (_, name: keyof typeof parts) =>
    Filter.escape(parts[name]),
  )
  return FilterParser.parseString(text)
}

/** Any of these entries, whatever they are called. @param ids one at least */
export function idFilter(ids: readonly string[]): Filter {
  const [first, ...more] = ids.map((id) => equal(idOf(id)))
  return first === undefined || more.length > 0
    ? new OrFilter({ filters: [first ?? [], more].flat() })
    : first
}

function equal({ attribute, value }: EntryId): Filter {
  return new EqualityFilter({ attribute, value })
}
