import { readFile } from 'node:fs/promises'
import { Ajv, type ErrorObject } from 'ajv'
import type { Static, TSchema } from 'typebox'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { insteadOf } from './moved.ts'

/** Something wrong in a configuration file, and where. Lines and columns count from 1. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

/** A configuration that cannot be used; nothing of it is. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export function problemText({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`
}

/** A file that was read and fits its schema, and a way to name places in it. */
export interface YamlFile<T> {
  readonly data: T
  /** A problem at the place of this path, such as `['devices', 0, 'name']`. */
  problem(path: readonly (string | number)[], message: string): Problem
}

/** A problem of a whole file, or of a line of one that is no YAML. */
export function problemAt(file: string, line: number, message: string): Problem {
  return { file, line, column: 1, path: '', message }
}

/** The text of a file. @throws ConfigError when it cannot be read */
export function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError([unreadable(file, error)])
  })
}

/** A file or a folder that cannot be read. */
export function unreadable(path: string, error: unknown): Problem {
  return problemAt(path, 1, `cannot be read: ${error instanceof Error ? error.message : String(error)}`)
}

/** Reads a YAML file by a schema; unknown fields are errors. @param instead stands for its text @throws ConfigError */
export async function readYamlFile<S extends TSchema>(
  file: string,
  schema: S,
  instead?: string,
): Promise<YamlFile<Static<S>>> {
  const text = instead ?? (await readText(file))
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const syntax = document.errors.map((error) => ({
    file,
    ...at(lines, error.pos[0]),
    path: '',
    message: error.message.split('\n')[0] ?? '',
  }))
  if (syntax.length > 0) throw new ConfigError(syntax)
  const data = plainData(file, document)
  const problem = (path: readonly (string | number)[], message: string): Problem => ({
    file,
    ...placeOf(document, lines, path),
    path: path.join('.'),
    message,
  })
  const wrong = schemaErrors(schema, data).map(({ path, message }) =>
    problem(path, insteadOf(path) ?? message),
  )
  if (wrong.length > 0) throw new ConfigError(wrong)
  return { data: data as Static<S>, problem }
}

/** An alias without an anchor shows only here, and without its place. */
function plainData(file: string, document: Document): unknown {
  try {
    return document.toJS() as unknown
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError([problemAt(file, 1, message)])
  }
}

function at(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** Where a path stands, or its nearest parent that does. */
function placeOf(
  document: Document,
  lines: LineCounter,
  path: readonly (string | number)[],
): { line: number; column: number } {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined
    const start = node?.range?.[0]
    if (start !== undefined) return at(lines, start)
  }
  return { line: 1, column: 1 }
}

/**
 * Schemas are our own and are checked by the tests: to check them at each start takes longer than to compile them. To make
 * their code shorter takes as long as to write it, and V8 does it again: it then checks no faster.
 */
const AJV = new Ajv({ allErrors: true, strict: false, validateSchema: false, code: { optimize: false } })

/** What of `data` does not fit the schema, in words. */
export function schemaErrors(
  schema: TSchema,
  data: unknown,
): { path: (string | number)[]; message: string }[] {
  const validate = AJV.compile(schema)
  if (validate(data)) return []
  const errors = (validate.errors ?? []).map((error) => ({
    path: pathOf(error, data),
    message: wordsOf(error),
  }))
  const seen = new Set<string>()
  return errors.filter(({ path, message }) => {
    const key = `${path.join('.')} ${message}`
    return !seen.has(key) && seen.add(key) !== undefined
  })
}

function pathOf(error: ErrorObject, data: unknown): (string | number)[] {
  const path: (string | number)[] = []
  let place = data
  for (const part of error.instancePath.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const step = Array.isArray(place) ? Number(key) : key
    path.push(step)
    place = (place as Record<string | number, unknown> | undefined)?.[step]
  }
  const extra = (error.params as { additionalProperty?: string }).additionalProperty
  if (extra !== undefined) path.push(extra)
  return path
}

function wordsOf(error: ErrorObject): string {
  if (error.keyword === 'additionalProperties') return 'unknown field'
  if (error.keyword === 'const')
    return `may be ${JSON.stringify((error.params as { allowedValue: unknown }).allowedValue)}`
  return error.message ?? 'does not fit'
}
