import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { AdapterError } from '../adapter.ts'
import type { Lock } from './config.ts'
import { type Entry, idOf } from './entry.ts'

const id = Type.String({ minLength: 1, maxLength: 300 })
const text = Type.String({ minLength: 1, maxLength: 1_000 })

/**
 * What is remembered of an account: its entry, how it was locked, and what was there before. All that giving it back needs,
 * so that it goes by this also when the configuration says another way by now.
 */
const markSchema = Type.Union([
  Type.Object(
    { id, how: Type.Literal('ppolicy'), policy: text, found: Type.Optional(text) },
    { additionalProperties: false },
  ),
  Type.Object({ id, how: Type.Literal('active-directory') }, { additionalProperties: false }),
  Type.Object(
    { id, how: Type.Literal('attribute'), name: text, value: text, found: Type.Optional(text) },
    { additionalProperties: false },
  ),
  Type.Object(
    { id, how: Type.Literal('group'), dn: text, member: text, name: text },
    { additionalProperties: false },
  ),
])

export type Mark = Static<typeof markSchema>
export type GroupMark = Extract<Mark, { how: 'group' }>
export type PropertyMark = Exclude<Mark, GroupMark>

const MEMBER = 'member'

/** Of an account that is locked by nobody of whom we know. */
export function freshMark(lock: Lock, entryId: string, { dn }: Entry): Mark {
  switch (lock.how) {
    case 'ppolicy':
      return { id: entryId, how: lock.how, policy: lock.policy }
    case 'active-directory':
      return { id: entryId, how: lock.how }
    case 'attribute':
      return { id: entryId, how: lock.how, name: lock.name, value: lock.value }
    case 'group':
      return { id: entryId, how: lock.how, dn: lock.dn, member: lock.member ?? MEMBER, name: dn }
  }
}

export function markText(mark: Mark): string {
  return JSON.stringify(mark)
}

/** @throws AdapterError `bad-memo`: without it nobody knows what to give back */
export function readMark(given: string): Mark {
  try {
    const mark: unknown = JSON.parse(given)
    if (Value.Check(markSchema, mark) && idOf(mark.id).value !== '') return mark
  } catch {
    // Told below.
  }
  throw new AdapterError('rejected', 'what was remembered of an account is not of a directory', 'bad-memo')
}
