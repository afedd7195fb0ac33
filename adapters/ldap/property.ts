import { AdapterError } from '../adapter.ts'
import type { Position } from '../switching/panel.ts'
import type { Edit } from './connection.ts'
import type { PropertyMark } from './mark.ts'

/** An attribute of an account that says whether it is locked. */
export interface Property {
  readonly attribute: string
  /** What it is locked with; undefined where that depends on what is there. */
  readonly locked?: string
  isDown(values: readonly string[]): boolean
  /** What turns it, going by exactly these values; undefined where it stands so. @throws AdapterError `rejected` */
  edit(values: readonly string[], to: Position): Edit | undefined
  /** The mark with what was found. */
  remember(values: readonly string[]): PropertyMark
}

export const LOCKED_TIME = 'pwdAccountLockedTime'
/** For good, until somebody unlocks: what any other time says ends by itself (draft-behera-ldap-password-policy §5.3.3). */
const FOR_GOOD = '000001010000Z'

export const USER_ACCOUNT_CONTROL = 'userAccountControl'
/** ADS_UF_ACCOUNTDISABLE of [MS-ADTS] §2.2.16. */
const DISABLED = 0x2

/** The longest value that is remembered. */
const LONGEST = 256

export function propertyOf(mark: PropertyMark): Property {
  switch (mark.how) {
    case 'ppolicy':
      return lockValueOf(mark, LOCKED_TIME, FOR_GOOD)
    case 'attribute':
      return lockValueOf(mark, mark.name, mark.value)
    case 'active-directory':
      return bitOf(mark)
  }
}

type ValueMark = Extract<PropertyMark, { how: 'ppolicy' | 'attribute' }>

function lockValueOf(mark: ValueMark, attribute: string, locked: string): Property {
  const isLocked = (value: string): boolean => value.toLowerCase() === locked.toLowerCase()
  return {
    ...{ attribute, locked },
    isDown: (values) => values.some(isLocked),
    edit(values, to) {
      const ours = values.filter(isLocked)
      if ((to === 'down') === ours.length > 0) return undefined
      if (to === 'down') return { attribute, remove: oneOf(attribute, values), add: [locked] }
      const { found } = mark
      return { attribute, remove: ours, add: found === undefined || values.includes(found) ? [] : [found] }
    },
    remember(values) {
      const { found: _, ...rest } = mark
      const [found] = values
      return found === undefined || !isRemembered(values) ? rest : { ...rest, found }
    },
  }
}

function isRemembered(values: readonly string[]): boolean {
  return values.length <= 1 && (values[0] ?? '').length <= LONGEST
}

function oneOf(attribute: string, values: readonly string[]): readonly string[] {
  if (isRemembered(values)) return values
  const words = `${attribute} has ${values.length} values, or one of more than ${LONGEST} characters`
  throw new AdapterError('rejected', `${words}: only one that is short can be given back`)
}

/** Of all that the number says only the one bit is ours. */
function bitOf(mark: PropertyMark): Property {
  const isDown = ([value]: readonly string[]): boolean => (Number(value) & DISABLED) !== 0
  return {
    attribute: USER_ACCOUNT_CONTROL,
    isDown,
    edit(values, to) {
      if ((to === 'down') === isDown(values)) return undefined
      const now = Number(values[0])
      const next = to === 'down' ? now | DISABLED : now & ~DISABLED
      return { attribute: USER_ACCOUNT_CONTROL, remove: values, add: [String(next)] }
    },
    remember: () => mark,
  }
}
