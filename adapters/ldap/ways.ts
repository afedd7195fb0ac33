import type { Lock } from './config.ts'
import type { Directory } from './directory.ts'
import { groupWay } from './group-way.ts'
import type { Mark } from './mark.ts'
import { LOCKED_TIME, USER_ACCOUNT_CONTROL } from './property.ts'
import { propertyWay } from './property-way.ts'
import type { Way } from './way.ts'

export function wayOf(directory: Directory, mark: Mark): Way {
  return mark.how === 'group' ? groupWay(directory, mark) : propertyWay(directory, mark)
}

/** What an account's entry is read with. Operational attributes only come by name (RFC 4511 §4.5.1.8). */
export function attributesOf(lock: Lock | Mark): readonly string[] {
  switch (lock.how) {
    case 'ppolicy':
      return [LOCKED_TIME]
    case 'active-directory':
      return [USER_ACCOUNT_CONTROL]
    case 'attribute':
      return [lock.name]
    case 'group':
      return []
  }
}
