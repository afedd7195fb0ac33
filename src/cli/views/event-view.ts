import type { EventMessage } from '../http/wire.ts'
import { clean } from '../output/clean.ts'
import type { Paint, Style } from '../output/paint.ts'
import { localText } from '../output/time.ts'

const STYLES: Readonly<Record<string, Style>> = {
  'block.created': 'warn',
  'block.released': 'good',
  'block.expired': 'good',
  'breaker.tripped': 'bad',
}

/** One event in one line: number, time, type, then what it is about. */
export function eventLine(event: EventMessage, paint: Paint): string {
  const style = event['reached'] === 'failed' ? 'bad' : (STYLES[event.type] ?? 'plain')
  const erased = event.redacted ? ' (personal data erased)' : ''
  return [
    paint('dim', `${event.seq} ${localText(Date.parse(event.at))}`),
    paint(style, clean(event.type)),
    clean(`${wordsOf(event)}${erased}`),
  ].join('  ')
}

/** Said already, or by its place in the line; `who` stands in a column of its own. */
const HEAD = new Set(['schema', 'seq', 'at', 'type', 'redacted', 'block', 'who'])
/** In this order before all others, without their names. */
const FIRST = ['name', 'device', 'token', 'target', 'reached', 'blocks'] as const

/** A type that this version does not know is told as well, by its fields. */
export function wordsOf(event: EventMessage): string {
  const first = FIRST.flatMap((name) => (event[name] === undefined ? [] : [valueText(event[name])]))
  const rest = Object.entries(event)
    .filter(([name]) => !HEAD.has(name) && !(FIRST as readonly string[]).includes(name))
    .flatMap(([name, value]) => fieldWords(name, value))
  return [...first, ...rest].join(' ')
}

/** `match.protocol=17 match.destinationPort=53` for what has parts; nothing for an empty list. */
function fieldWords(name: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : [`${name}=${quoted(valueText(value))}`]
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([part, inner]) => fieldWords(`${name}.${part}`, inner))
  return [`${name}=${quoted(valueText(value))}`]
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(valueText).join(',')
  return value === null ? 'never' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function quoted(text: string): string {
  return /[\s"]/.test(text) ? JSON.stringify(text) : text
}
