import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Action, SwitchKind } from '../../src/domain/rule.ts'
import type { Sight } from '../switching/panel.ts'

/** Bumped when a script that was written for the one before would do something else than it says. */
export const PROTOCOL = 1

/** Somebody whom a script is asked about. */
export interface Who {
  /** Of an account, or the MAC address of a station. */
  readonly name: string
  readonly user?: string
  readonly realm?: string
  readonly station?: string
  /** What is to become of sessions. */
  readonly action?: Action['do']
  /** What the script had said that they are known by, whatever their name. */
  readonly id?: string
}

export interface ReadRequest {
  readonly operation: 'read'
  readonly kind: SwitchKind
  readonly who: readonly Who[]
}

export interface TurnRequest {
  readonly operation: 'turn'
  readonly kind: SwitchKind
  readonly to: 'up' | 'down'
  readonly who: Who
}

export type Request = ReadRequest | TurnRequest

const Words = Type.String({ minLength: 1 })

const absentSchema = Type.Object({ absent: Words }, { additionalProperties: false })

const standsSchema = Type.Object(
  {
    at: Type.Enum(['up', 'down', 'moving']),
    id: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  { additionalProperties: false },
)

const readSchema = Type.Object(
  { who: Type.Record(Type.String(), Type.Unknown()) },
  { additionalProperties: false },
)

const turnSchema = Type.Object({ done: Type.Literal(true) }, { additionalProperties: false })

const errorSchema = Type.Object(
  {
    error: Words,
    class: Type.Optional(Type.Enum(['rejected', 'auth', 'unsupported', 'busy', 'locked', 'unreachable'])),
  },
  { additionalProperties: false },
)

/** What a script says of itself that it could not do. */
export type ScriptError = Static<typeof errorSchema>

/** What is wrong with an answer, and where in it. */
export class BadAnswer extends Error {}

/** One JSON document, which is an object. @throws BadAnswer */
export function readDocument(bytes: Uint8Array): object {
  const text = textIn(bytes).trim()
  if (text === '') throw new BadAnswer('it printed no answer')
  const document = documentIn(text)
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new BadAnswer(`its answer is no JSON object: ${text.slice(0, 60)}`)
  return document
}

function textIn(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new BadAnswer('its answer is not in UTF-8')
  }
}

function documentIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BadAnswer(`its answer is not one JSON document: ${why}`)
  }
}

/** @throws BadAnswer */
export function errorIn(answer: object): ScriptError | undefined {
  return 'error' in answer ? checked(errorSchema, answer, '') : undefined
}

/** @throws BadAnswer */
export function requireDone(answer: object): void {
  checked(turnSchema, answer, '')
}

/** Where each stands, by name: of all that were asked for, and of nobody else. @throws BadAnswer */
export function sightsIn(answer: object, asked: readonly Who[]): ReadonlyMap<string, Sight> {
  const { who } = checked(readSchema, answer, '')
  const stray = Object.keys(who).find((name) => !asked.some((one) => one.name === name))
  if (stray !== undefined) throw new BadAnswer(`who: it was not asked about '${stray}'`)
  return new Map(asked.map((one) => [one.name, sightIn(who, one)]))
}

function sightIn(who: Readonly<Record<string, unknown>>, { name, id: known }: Who): Sight {
  if (!Object.hasOwn(who, name)) throw new BadAnswer(`who: '${name}' is missing`)
  const found = who[name]
  const where = `who.'${name}'`
  if (typeof found === 'object' && found !== null && 'absent' in found)
    return checked(absentSchema, found, where)
  const { at, id } = checked(standsSchema, found, where)
  if (known !== undefined && id !== known)
    throw new BadAnswer(
      `${where}: it was asked about the id '${known}' and tells of ${id === undefined ? 'none' : `'${id}'`}`,
    )
  return id === undefined ? at : { at, mark: id }
}

function checked<S extends TSchema>(schema: S, value: unknown, where: string): Static<S> {
  if (Value.Check(schema, value)) return value
  const errors = [...Value.Errors(schema, value)]
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0]
  const path = [where, ...(error?.instancePath ?? '').split('/').slice(1)].filter((part) => part !== '')
  const at = path.length === 0 ? 'its answer' : path.join('.')
  throw new BadAnswer(`${at} ${error === undefined ? 'is not as it should be' : wordsFor(error)}`)
}

interface SchemaError {
  readonly keyword: string
  readonly message: string
  readonly params: object
}

function wordsFor({ keyword, params, message }: SchemaError): string {
  const named = params as Record<string, unknown>
  const list = (key: string): string => [named[key]].flat().map(String).join(', ')
  if (keyword === 'additionalProperties') return `has what nobody knows: ${list('additionalProperties')}`
  if (keyword === 'required') return `lacks ${list('requiredProperties')}`
  if (keyword === 'enum') return `must be one of ${list('allowedValues')}`
  if (keyword === 'const') return `must be ${list('allowedValue')}`
  return message
}
