import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { AdapterError } from '../adapter.ts'
import type { LockConfig } from './config.ts'

/** By what an account is known whatever its name, and what its release puts back. */
export interface Mark {
  readonly how: LockConfig['how']
  /** Of `entryUUID`, or the octets of `objectGUID` in hexadecimal. */
  readonly id: string
  readonly was: readonly string[]
}

const schema = Type.Object(
  {
    how: Type.String(),
    id: Type.String({ minLength: 1 }),
    was: Type.Array(Type.String()),
  },
  { additionalProperties: false },
)

export function markText({ how, id, was }: Mark): string {
  return JSON.stringify({ how, id, was })
}

/** @throws AdapterError `bad-memo`: what nobody understands is not restored by guess */
export function readMark(text: string, how: LockConfig['how']): Mark {
  const mark: unknown = JSON.parse(text)
  if (!Value.Check(schema, mark))
    throw new AdapterError('rejected', 'the memo of an account is not readable', 'bad-memo')
  if (mark.how !== how)
    throw new AdapterError(
      'rejected',
      `an account was locked by ${mark.how}, and the configuration says ${how}: let it be as it was until that is released`,
      'bad-memo',
    )
  return { ...mark, how }
}
