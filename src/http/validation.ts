import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { FastifySchema, FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'

/** One finding of the schema validator. */
export type SchemaError = Partial<ErrorObject>

const ALWAYS = () => true

/** Validators for requests: nothing is removed or filled in, and only a query string's text becomes numbers. */
export interface Validators {
  readonly compiler: FastifySchemaCompiler<FastifySchema>
  body(schema: TSchema): ValidateFunction
}

export function createValidators(): Validators {
  // `verbose` brings the schema along, from which the message says what is allowed.
  const options = { allErrors: false, removeAdditional: false, allowUnionTypes: true, verbose: true } as const
  // Schemas are our own and are checked by the tests: to check them at each start takes longer than to compile them. To
  // make their code shorter takes as long as to write it, and V8 does it again: it then checks no faster.
  const own = { ...options, validateSchema: false, code: { optimize: false } } as const
  const strict = new Ajv({ ...own, coerceTypes: false })
  const lenient = new Ajv({ ...own, coerceTypes: true })
  return {
    body: (schema) => strict.compile(schema),
    compiler: ({ schema, httpPart }) => {
      // Headers are described for readers and checked where they are used, with codes of their own.
      if (httpPart === 'headers') return ALWAYS
      return (httpPart === 'querystring' ? lenient : strict).compile(schema as TSchema)
    },
  }
}

/** Where the input is wrong, and what would be right. */
export function describeValidation(
  errors: readonly SchemaError[],
  context: string,
): { path: string; words: string } {
  const [error] = errors
  if (error === undefined) return { path: '', words: `the ${context} is not what is expected` }
  const at = pathOf(error)
  const schema = (error.parentSchema ?? {}) as { description?: string; properties?: object; enum?: unknown[] }
  const hint = schema.description === undefined ? '' : `; expected: ${schema.description}`
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params?.['additionalProperty'])
      return { path: join(at, name), words: `unknown field; ${knownFields(schema.properties)}` }
    }
    case 'required':
      return { path: join(at, String(error.params?.['missingProperty'])), words: 'is missing' }
    case 'enum':
      return { path: at, words: `must be one of ${(schema.enum ?? []).join(', ')}` }
    default:
      return {
        path: at,
        words: `${at === '' ? `the ${context} ` : ''}${error.message ?? 'is not what is expected'}${hint}`,
      }
  }
}

function knownFields(properties: object | undefined): string {
  const names = Object.keys(properties ?? {})
  return names.length === 0 ? 'there are none here' : `known are ${names.join(', ')}`
}

function pathOf({ instancePath }: SchemaError): string {
  return (instancePath ?? '')
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}

function join(outer: string, name: string): string {
  return outer === '' ? name : `${outer}.${name}`
}
