import { InputError } from '../../src/domain/input-error.ts'
import {
  aggregatePrefixes,
  type Family,
  type Prefix,
  parsePrefix,
  prefixBits,
  prefixFamily,
  prefixFromBits,
} from '../../src/domain/prefix.ts'
import type { Shape } from './shape.ts'

const EXCEPTION = /^ip6? [sd]addr !=$/

/** Whether a comparison, as far as its operator, is one that only exceptions make. */
export function isExceptionOf(comparison: string): boolean {
  return EXCEPTION.test(comparison)
}

/** What keeps the shape's exceptions from the look-up: one list in the rule itself, so that both come and go together. */
export function exceptionStatements(shape: Pick<Shape, 'family' | 'destination' | 'exceptions'>): string[] {
  const { exceptions } = shape
  return exceptions === undefined ? [] : [`${otherEnd(shape)} != ${itemsText(exceptions)}`]
}

/** The end that the shape's elements do not name. */
function otherEnd({ family, destination }: Pick<Shape, 'family' | 'destination'>): string {
  return `${family === 4 ? 'ip' : 'ip6'} ${destination === undefined ? 'daddr' : 'saddr'}`
}

function itemsText(exceptions: readonly Prefix[]): string {
  return exceptions.length === 1 ? `${exceptions[0]}` : `{ ${exceptions.join(', ')} }`
}

/**
 * The exceptions that statements in canonical text make for a shape; `undefined` for none.
 * @throws InputError for what is no prefix
 */
export function readExceptions(
  shape: Pick<Shape, 'family' | 'destination'>,
  statements: readonly string[],
): Prefix[] | undefined {
  const start = `${otherEnd(shape)} != `
  const found = statements.find((statement) => statement.startsWith(start))
  return found === undefined ? undefined : itemsIn(found.slice(start.length)).map(parsePrefix)
}

/**
 * The right side of such a comparison in canonical text. nft lists prefixes that touch as one range, and single
 * addresses without their length. What is no list of addresses stays as it is, and equals nothing of ours.
 */
export function exceptionsText(listed: string): string {
  try {
    return itemsText(aggregatePrefixes(itemsIn(listed).flatMap(prefixesIn)))
  } catch (error) {
    if (error instanceof InputError) return listed
    throw error
  }
}

function itemsIn(text: string): string[] {
  return text.replace(/^\{ | \}$/g, '').split(', ')
}

function prefixesIn(item: string): Prefix[] {
  const [first = '', last] = item.split('-')
  if (last === undefined) return [parsePrefix(first)]
  const [from, to] = [parsePrefix(first), parsePrefix(last)]
  return rangePrefixes(prefixFamily(from), prefixBits(from), prefixBits(to))
}

/** The fewest prefixes from one address to another, both included. */
function rangePrefixes(family: Family, first: bigint, last: bigint): Prefix[] {
  const width = family === 4 ? 32 : 128
  const found: Prefix[] = []
  let next = first
  while (next <= last) {
    let host = 0
    while (host < width && fits(next, host + 1, last)) host += 1
    found.push(prefixFromBits(family, next, width - host))
    next += 1n << BigInt(host)
  }
  return found
}

/** Whether a prefix with so many host bits begins here and ends in time. */
function fits(first: bigint, host: number, last: bigint): boolean {
  const size = 1n << BigInt(host)
  return first % size === 0n && first + size - 1n <= last
}
