import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { type AdapterEnv, AdapterError } from '../adapter.ts'

type Memory = Pick<AdapterEnv, 'remember' | 'recall'>

const partsSchema = Type.Object(
  { version: Type.Literal(1), parts: Type.Record(Type.String(), Type.String()) },
  { additionalProperties: false },
)

/**
 * Several memos in the one that a device has, each by its name. They are written one after the other, so that none
 * is lost to another that is written at the same time. @throws AdapterError `bad-memo`
 */
export function memoParts(env: Memory): (name: string) => Memory {
  let kept = readParts(env.recall())
  let writing: Promise<unknown> = Promise.resolve()
  const write = async (name: string, text: string): Promise<void> => {
    const parts = { ...kept, [name]: text }
    await env.remember(JSON.stringify({ version: 1, parts }))
    kept = parts
  }
  return (name) => ({
    recall: () => kept[name],
    remember: (text) => {
      const written = writing.then(() => write(name, text))
      writing = written.catch(() => undefined)
      return written
    },
  })
}

function readParts(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {}
  const memo = parsed(text)
  if (Value.Check(partsSchema, memo)) return memo.parts
  throw new AdapterError(
    'rejected',
    'the memo is not one of such a device: was it of another kind? Then give it another name',
    'bad-memo',
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
