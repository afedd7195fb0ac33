import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifySchema, FastifySerializerCompiler } from 'fastify'

type Serialise = (data: unknown) => string

/**
 * Serialisers of answers, one for each schema. Every route has its refusals, which are the same few: compiled anew for
 * each route they were most of what a server's start took.
 */
export function createSerializers(): FastifySerializerCompiler<FastifySchema> {
  const compile = SerializerSelector()({}, {})
  const compiled = new Map<unknown, Serialise>()
  return ({ schema, method, url, httpStatus = '' }) => {
    const known = compiled.get(schema)
    if (known !== undefined) return known
    const made: Serialise = compile({ schema, method, url, httpStatus })
    compiled.set(schema, made)
    return made
  }
}
