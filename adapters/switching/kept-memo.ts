import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Action } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'

/** What is to become of somebody's sessions, and what the device is known to have been told of that. */
export interface KeptOff {
  readonly do: Action['do']
  /** Before it is told, when it was, and from before it is told that they may come again. */
  readonly is: 'due' | 'told' | 'leaving'
}

/** Who is seen to, by the key of the rule. */
export type Kept = ReadonlyMap<string, KeptOff>

const keptSchema = Type.Object(
  { do: Type.Enum(['drop', 'suspend', 'quarantine']), is: Type.Enum(['due', 'told', 'leaving']) },
  { additionalProperties: false },
)

const memoSchema = Type.Object(
  { version: Type.Literal(1), kept: Type.Record(Type.String(), keptSchema) },
  { additionalProperties: false },
)

/** Equal texts for equal sets. */
export function keptText(kept: Kept): string {
  const entries = [...kept].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify({ version: 1, kept: Object.fromEntries(entries) })
}

/** @throws AdapterError `bad-memo`: whose sessions are to end must never be forgotten unseen */
export function readKept(text: string | undefined): Kept {
  if (text === undefined) return new Map()
  const memo = parsed(text)
  if (memo === undefined)
    throw new AdapterError('rejected', 'the memo of whose sessions end is not one of these', 'bad-memo')
  return new Map(Object.entries(memo.kept))
}

function parsed(text: string): Static<typeof memoSchema> | undefined {
  try {
    const memo: unknown = JSON.parse(text)
    return Value.Check(memoSchema, memo) ? memo : undefined
  } catch {
    return undefined
  }
}
