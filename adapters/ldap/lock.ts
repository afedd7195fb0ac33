import { Attribute, Change, type Entry } from 'ldapts'
import type { Position } from '../switching/panel.ts'
import type { LockConfig } from './config.ts'

/** One entry of a directory, with what was asked for of it. */
export type Found = Entry

/** By which a directory keeps an account from logging in. */
export interface LockWay {
  readonly how: LockConfig['how']
  /** Attributes of the account's own entry that say where it stands. */
  readonly attributes: readonly string[]
  /** Where it stands, and the values that a release puts back. */
  stands(entry: Found): { readonly at: Position; readonly was: readonly string[] }
  /** The entry to change, and how. Each change fails if somebody else has changed the same meanwhile. */
  changes(
    entry: Found,
    to: Position,
    was: readonly string[],
  ): { readonly dn: string; readonly changes: readonly Change[] }
}

/** Locked until somebody unlocks it (draft-behera-ldap-password-policy §5.3.3); a time stands for a lock that ends by itself. */
const FOR_GOOD = '000001010000Z'
const LOCKED_TIME = 'pwdAccountLockedTime'

const ppolicy: LockWay = {
  how: 'ppolicy',
  attributes: [LOCKED_TIME],
  stands(entry) {
    const was = valuesOf(entry, LOCKED_TIME)
    return { at: was.includes(FOR_GOOD) ? 'down' : 'up', was }
  },
  changes({ dn }, to, was) {
    if (to === 'down') return { dn, changes: [change('replace', LOCKED_TIME, [FOR_GOOD])] }
    const back = was.length === 0 ? [] : [change('add', LOCKED_TIME, was)]
    return { dn, changes: [change('delete', LOCKED_TIME, [FOR_GOOD]), ...back] }
  },
}

/** ACCOUNTDISABLE of `userAccountControl` ([MS-ADTS] 2.2.16). */
const DISABLED = 0x2
const CONTROL = 'userAccountControl'

const activeDirectory: LockWay = {
  how: 'active-directory',
  attributes: [CONTROL],
  stands(entry) {
    const flags = flagsOf(entry)
    return { at: (flags & DISABLED) === 0 ? 'up' : 'down', was: [] }
  },
  changes(entry, to) {
    const flags = flagsOf(entry)
    const wanted = to === 'down' ? flags | DISABLED : flags & ~DISABLED
    if (wanted === flags) return { dn: entry.dn, changes: [] }
    // Of one value in place of another: who has changed another bit meanwhile is not undone.
    return {
      dn: entry.dn,
      changes: [change('delete', CONTROL, [String(flags)]), change('add', CONTROL, [String(wanted)])],
    }
  },
}

function flagsOf(entry: Found): number {
  const [text = ''] = valuesOf(entry, CONTROL)
  return Number.isInteger(Number(text)) && text !== '' ? Number(text) : 0
}

/** A value that others reject on, such as a RADIUS server or single sign-on. */
function attributeWay({ name, value }: Extract<LockConfig, { how: 'attribute' }>): LockWay {
  const isHeld = (values: readonly string[]): boolean =>
    values.some((one) => one.toLowerCase() === value.toLowerCase())
  return {
    how: 'attribute',
    attributes: [name],
    stands(entry) {
      const was = valuesOf(entry, name)
      return { at: isHeld(was) ? 'down' : 'up', was }
    },
    changes(entry, to, was) {
      const { dn } = entry
      if (to === 'down') return { dn, changes: [change('replace', name, [value])] }
      const back = was.length === 0 ? [] : [change('add', name, was)]
      return { dn, changes: [change('delete', name, [value]), ...back] }
    },
  }
}

/** Members of a group that others reject. The account's own entry says so by `memberOf`, or the group is read beside it. */
function groupWay({ dn, member = 'member' }: Extract<LockConfig, { how: 'group' }>): LockWay {
  return {
    how: 'group',
    attributes: [],
    stands: (entry) => ({ at: entry[IN_GROUP] === 'yes' ? 'down' : 'up', was: [] }),
    changes: (entry, to) => ({
      dn,
      changes: [change(to === 'down' ? 'add' : 'delete', member, [entry.dn])],
    }),
  }
}

/** Stands in an entry that was read together with the group. */
export const IN_GROUP = 'cordon-in-group'

export function lockWayOf(config: LockConfig): LockWay {
  switch (config.how) {
    case 'ppolicy':
      return ppolicy
    case 'active-directory':
      return activeDirectory
    case 'attribute':
      return attributeWay(config)
    case 'group':
      return groupWay(config)
  }
}

function change(operation: 'add' | 'delete' | 'replace', type: string, values: readonly string[]): Change {
  return new Change({ operation, modification: new Attribute({ type, values: [...values] }) })
}

/** Names of attributes are the same in any case (RFC 4512 §2.5). */
function valuesOf(entry: Found, name: string): readonly string[] {
  const field = Object.keys(entry).find((one) => one.toLowerCase() === name.toLowerCase())
  const value = field === undefined ? [] : entry[field]
  return [value ?? []].flat().map((one) => (typeof one === 'string' ? one : one.toString('utf8')))
}
