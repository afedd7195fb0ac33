import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { InputError } from '../domain/input-error.ts'

/**
 * A record whose shape is as described.
 * @throws InputError `invalid` with the path of the first field that is not
 */
export function checked<T extends TSchema>(schema: T, record: unknown): Static<T> {
  if (Value.Check(schema, record)) return record
  const errors = Value.Errors(schema, record)
  // An unknown field is reported as a schema that is false, too.
  const [error] = errors.filter(({ keyword }) => keyword !== 'boolean')
  const path = (error?.instancePath ?? '').slice(1).replaceAll('/', '.')
  throw new InputError('invalid', error?.message ?? 'is not what is expected', path)
}
