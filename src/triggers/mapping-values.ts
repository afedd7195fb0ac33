import { CATEGORIES } from '../domain/category.ts'
import { parseDuration } from '../domain/duration.ts'
import { InputError, within } from '../domain/input-error.ts'
import { readTime, TLP, TRIGGER_ROLES } from '../domain/trigger.ts'
import type { MappedField, MappedValue } from './mapping-schema.ts'
import { words } from './record.ts'
import { isThere, valueAt } from './record-path.ts'

/** Reads a value of a record, or a constant of a mapping, as a field wants it. @throws InputError */
export type Reader = (value: unknown) => string | number | boolean

const LONGEST_ID = 140

const EVIDENCE = ['spoofable', 'established'] as const

/** How each field is read. */
export const READERS: Readonly<Record<MappedField | 'own', Reader>> = {
  id: readId,
  category: oneOf(CATEGORIES),
  detectedAt: readTimeText,
  ceasedAt: readTimeText,
  revision: readRevision,
  confidence: (value) => readNumber(value, 1),
  packetsPerSecond: (value) => readNumber(value, Number.MAX_SAFE_INTEGER),
  bitsPerSecond: (value) => readNumber(value, Number.MAX_SAFE_INTEGER),
  clockError: readDurationText,
  lifetime: readDurationText,
  attack: readAttack,
  reference: readWords,
  summary: readWords,
  tlp: oneOf(TLP),
  evidence: oneOf(EVIDENCE),
  simulated: readBoolean,
  own: oneOf(TRIGGER_ROLES),
}

export const readLabel: Reader = readWords

/** The paths of one or several. */
export function pathsOf(paths: string | readonly string[] = []): readonly string[] {
  return typeof paths === 'string' ? [paths] : paths
}

/** What a mapping makes of a record; nothing where the record does not say. @throws InputError with the path in the record */
export function mappedValue<R extends Reader>(
  spec: MappedValue,
  record: unknown,
  read: R,
): ReturnType<R> | undefined {
  if (spec.value !== undefined) return read(spec.value) as ReturnType<R>
  const found = foundIn(spec, record)
  if (found === undefined)
    return spec.default === undefined ? undefined : (read(spec.default) as ReturnType<R>)
  return within(found.path, () => read(found.value)) as ReturnType<R>
}

function foundIn(
  { from, join, map, scale }: MappedValue,
  record: unknown,
): { path: string; value: unknown } | undefined {
  const [path] = pathsOf(from).filter((one) => isThere(valueAt(record, one)))
  const value = path === undefined ? joined(join, record) : valueAt(record, path)
  const at = path ?? join?.[0] ?? ''
  if (value === undefined) return undefined
  if (map !== undefined) {
    const word = isPlain(value) ? String(value) : ''
    return Object.hasOwn(map, word) ? { path: at, value: map[word] } : undefined
  }
  return { path: at, value: scale === undefined ? value : within(at, () => scaled(value, scale)) }
}

function joined(paths: readonly string[] | undefined, record: unknown): string | undefined {
  const values = (paths ?? []).map((path) => valueAt(record, path))
  return values.length > 0 && values.every((value) => isThere(value) && isPlain(value))
    ? values.map(String).join(':')
    : undefined
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function scaled(value: unknown, scale: number): number {
  return readNumber(value, Number.MAX_SAFE_INTEGER) * scale
}

function readText(value: unknown): string {
  if (isPlain(value)) return String(value)
  // Lists of texts are told one after the other.
  if (Array.isArray(value) && value.every(isPlain)) return value.map(String).join(', ')
  throw new InputError('mapping-value', 'it is no text')
}

/** Role and address stand behind it in a trigger's own; two names that are cut could be one. */
function readId(value: unknown): string {
  const text = readText(value)
  if (text.length <= LONGEST_ID) return text
  throw new InputError(
    'mapping-value',
    `it has ${text.length} characters; a name has ${LONGEST_ID} at the most`,
  )
}

function readAttack(value: unknown): string {
  return words(readText(value), 200)
}

function readWords(value: unknown): string {
  return words(readText(value))
}

function readNumber(value: unknown, most: number): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !(number >= 0 && number <= most))
    throw new InputError('mapping-value', `'${shown(value)}' is no number from 0 to ${most}`)
  return number
}

/** RFC 3339, also without the colon in its zone, as Suricata writes it; a number is of milliseconds since 1970. */
function readTimeText(value: unknown): string {
  if (typeof value === 'number') {
    const date = new Date(value)
    if (!(value >= 0) || Number.isNaN(date.getTime())) throw new InputError('time', `${value} is no time`)
    return date.toISOString()
  }
  const text = readText(value).replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
  const time = readTime(text)
  return text.length <= 40 ? text : new Date(time).toISOString()
}

function readRevision(value: unknown): number {
  const number =
    typeof value === 'string' && !/^\d+$/.test(value) ? readTime(readTimeText(value)) : Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new InputError('mapping-value', `'${shown(value)}' is neither a whole number nor a time`)
  return number
}

/** As Cordon writes durations, or a number of seconds. */
function readDurationText(value: unknown): string {
  const text = typeof value === 'number' ? `${Math.ceil(value)}s` : readText(value)
  parseDuration(text)
  return text
}

function readBoolean(value: unknown): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new InputError('mapping-value', `'${shown(value)}' is neither true nor false`)
}

function oneOf<T extends string>(known: readonly T[]): (value: unknown) => T {
  return (value) => {
    const found = known.find((one) => one === value)
    if (found !== undefined) return found
    throw new InputError(
      'mapping-value',
      `'${shown(value)}' is none of ${known.join(', ')}; translate it with map`,
    )
  }
}

function shown(value: unknown): string {
  return isPlain(value) ? words(String(value), 40) : typeof value
}
