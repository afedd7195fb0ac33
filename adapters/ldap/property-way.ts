import { AdapterError } from '../adapter.ts'
import type { Directory } from './directory.ts'
import { type Entry, textsOf } from './entry.ts'
import type { PropertyMark } from './mark.ts'
import { type Property, propertyOf } from './property.ts'
import { isRace } from './trouble.ts'
import type { Way } from './way.ts'

/** How often a write is made anew because somebody else was there first. */
const TRIES = 5

/** An account that an attribute of its own locks. */
export function propertyWay(directory: Directory, mark: PropertyMark): Way {
  const property = propertyOf(mark)
  const valuesOf = (entry: Entry, signal: AbortSignal): Promise<readonly string[]> =>
    seenValues(directory, entry, property, signal)

  return {
    async look(entry, signal) {
      if (entry === undefined) return undefined
      const values = await valuesOf(entry, signal)
      return property.isDown(values) ? { at: 'down', mark } : { at: 'up', mark: property.remember(values) }
    },

    async turn(to, signal) {
      let before: string | undefined
      for (let tries = 1; ; tries += 1) {
        const entry = await directory.entry(mark.id, [property.attribute, SUBENTRY], signal)
        const values = await valuesOf(entry, signal)
        const edit = property.edit(values, to)
        if (edit === undefined) return
        if (to === 'down' && mark.how === 'ppolicy')
          await requireLockout(directory, entry, mark.policy, signal)
        try {
          return await directory.write(entry, mark.id, edit, signal)
        } catch (error) {
          const now = JSON.stringify([entry.dn, values])
          // What was refused though nothing has changed is no race.
          if (!isRace(error) || now === before || tries === TRIES) throw error
          before = now
        }
      }
    },
  }
}

/** An attribute that is not shown may be hidden from us: a comparison tells (RFC 4511 §4.10). @throws AdapterError */
async function seenValues(
  directory: Directory,
  entry: Entry,
  { attribute, locked }: Property,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const values = textsOf(entry, attribute)
  if (values.length > 0) return values
  if (locked === undefined) {
    const words = `${entry.dn} has no ${attribute}, or we may not read it: is it an account?`
    throw new AdapterError('auth', words, 'hidden')
  }
  return (await directory.connection.compare(entry.dn, attribute, locked, signal)) ? [locked] : []
}

const SUBENTRY = 'pwdPolicySubentry'

/** Without it OpenLDAP takes no notice of a lock, and lets the account in. @throws AdapterError `rejected` */
async function requireLockout(
  directory: Directory,
  entry: Entry,
  byDefault: string,
  signal: AbortSignal,
): Promise<void> {
  const [policy = byDefault] = textsOf(entry, SUBENTRY)
  const why = await directory.whyNoLockout(policy, signal)
  if (why !== undefined) throw new AdapterError('rejected', why, 'no-lockout')
}
