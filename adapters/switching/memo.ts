import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { AdapterError } from '../adapter.ts'
import type { Position } from './panel.ts'

/** How a switch was found, and by what its device knows it whatever it is called. */
export interface Finding {
  readonly was: Position
  readonly mark?: string
}

/** How each switch was found before it was first put down by us, by the key of its rule. */
export type Found = ReadonlyMap<string, Finding>

const PositionSchema = Type.Union([Type.Literal('up'), Type.Literal('down')])

const memoSchema = Type.Object(
  {
    version: Type.Literal(1),
    found: Type.Record(Type.String(), PositionSchema),
    marks: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
)

/** Equal findings are equal texts. */
export function memoText(found: Found): string {
  const entries = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  const marks = entries.flatMap(([key, { mark }]) => (mark === undefined ? [] : [[key, mark] as const]))
  return JSON.stringify({
    version: 1,
    found: Object.fromEntries(entries.map(([key, { was }]) => [key, was])),
    ...(marks.length === 0 ? {} : { marks: Object.fromEntries(marks) }),
  })
}

/**
 * @throws AdapterError `bad-memo`: what was found is all that tells what to restore, so a memo that nobody understands
 *   is never written over
 */
export function readMemo(text: string | undefined): Found {
  if (text === undefined) return new Map()
  const memo = parsed(text)
  if (!Value.Check(memoSchema, memo))
    throw new AdapterError(
      'rejected',
      'the memo of what was found is not one of switches: was the device of another kind? Then give it another name',
      'bad-memo',
    )
  const { found, marks = {} } = memo
  return new Map(
    Object.entries(found).map(([key, was]) => {
      const mark = marks[key]
      return [key, mark === undefined ? { was } : { was, mark }]
    }),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
