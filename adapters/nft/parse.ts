import { InputError } from '../../src/domain/input-error.ts'
import { parsePrefix, prefixAddress } from '../../src/domain/prefix.ts'
import { readConditions } from './conditions.ts'
import { readExceptions } from './exceptions.ts'
import { canonicalRule, field, statementText } from './expression.ts'
import { type NamedShape, parseShapeName, shapeName } from './name.ts'
import { canonicalRules, setTypes } from './render.ts'
import { partCount, type Shape } from './shape.ts'

/** A rule of our chain: its handle, its canonical text and the set of ours that it looks in, if any. */
export interface ListedRule {
  readonly handle: number
  readonly text: string
  readonly statements: readonly string[]
  readonly set: string | undefined
}

/** Reads the body of nft's `rule` object. */
export function readRule(body: unknown): ListedRule | undefined {
  const handle = field(body, 'handle')
  const expressions = field(body, 'expr')
  if (typeof handle !== 'number' || !Array.isArray(expressions)) return undefined
  const statements = canonicalRule(expressions.map(statementText))
  const set = statements.map((text) => / @(\S+)$/.exec(text)?.[1]).find((name) => name !== undefined)
  return { handle, text: statements.join(' '), statements, set }
}

/** Whether a set of that name has the parts that the name promises. */
export function hasTypes(named: NamedShape, type: unknown): boolean {
  const found = Array.isArray(type) ? type : [type]
  return found.join(' ') === setTypes(named).join(' ')
}

/**
 * The shape behind a set's name and the rules that look packets up in it, together with those of its rules that
 * are missing. A set without a rule has a shape only when its name says everything.
 */
export function readShape(
  name: string,
  rules: readonly ListedRule[],
): { readonly shape: Shape; readonly missing: readonly number[] } | undefined {
  const named = parseShapeName(name)
  if (named === undefined) return undefined
  for (const rule of rules.length === 0 ? [undefined] : rules) {
    const shape = shapeFrom(named, rule?.statements ?? [])
    if (shape === undefined || shapeName(shape) !== name) continue
    const standing = new Set(rules.map((listed) => listed.text))
    const missing = [...canonicalRules(shape).entries()].filter(([, text]) => !standing.has(text))
    return { shape, missing: missing.map(([index]) => index) }
  }
  return undefined
}

function shapeFrom(named: NamedShape, statements: readonly string[]): Shape | undefined {
  const { conditioned, excepting, ...shape } = named
  try {
    const exceptions = excepting ? readExceptions(shape, statements) : undefined
    return {
      ...shape,
      ...(exceptions === undefined ? {} : { exceptions }),
      ...(conditioned ? { conditions: readConditions(shape.family, statements, shape.conditions) } : {}),
    }
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

interface ListedElement {
  readonly value: string
  readonly rate: number
}

/** Reads one element of a set's `elem` list; undefined for one that {@link elementText} does not make. */
export function readElement(shape: Shape, json: unknown): ListedElement | undefined {
  const elem = field(json, 'elem') ?? json
  const value = readValue(shape, field(elem, 'val') ?? elem)
  if (value === undefined || field(elem, 'timeout') !== undefined) return undefined
  if (shape.does === 'drop') return { value, rate: 0 }
  const rate = readRate(field(elem, 'limit'))
  return rate === undefined ? undefined : { value, rate }
}

function readValue(shape: Shape, json: unknown): string | undefined {
  const concat = field(json, 'concat')
  return partsValue(shape, (Array.isArray(concat) ? concat : [json]) as unknown[])
}

/** Reads an element's value as nft lists it in plain text: `203.0.113.9 . 17 . 53`. */
export function readTextValue(shape: Shape, text: string): string | undefined {
  return partsValue(
    shape,
    text.split(' . ').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  )
}

function partsValue(shape: Shape, parts: readonly unknown[]): string | undefined {
  if (parts.length !== partCount(shape)) return undefined
  const lengths = [shape.destination, shape.source].filter((length) => length !== undefined)
  const texts: string[] = []
  for (const [index, part] of parts.entries()) {
    const length = lengths[index]
    const text = length === undefined ? readNumber(part) : readAddress(part, length)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts.join(' . ')
}

function readNumber(part: unknown): string | undefined {
  return typeof part === 'number' ? String(part) : undefined
}

/** Undefined for an address with host bits: no masked packet ever equals it. */
function readAddress(part: unknown, length: number): string | undefined {
  if (typeof part !== 'string') return undefined
  try {
    return prefixAddress(parsePrefix(`${part}/${length}`))
  } catch {
    return undefined
  }
}

const UNITS: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 * 1024 }

function readRate(json: unknown): number | undefined {
  const rate = field(json, 'rate')
  const unit = UNITS[String(field(json, 'rate_unit'))]
  const ours = field(json, 'inv') === true && field(json, 'per') === 'second'
  return ours && typeof rate === 'number' && unit !== undefined ? rate * unit : undefined
}
