import { Liquid, type Template } from 'liquidjs'
import { LetterClock } from './letter-time.ts'
import { cleanLine, cleanLines, quoted } from './plain-text.ts'

/** What reads or writes other files, or breaks out of what is quoted. */
const NO_TAGS = ['include', 'render', 'layout', 'block'] as const
const NO_FILTERS = [
  'raw',
  'date',
  'date_to_xmlschema',
  'date_to_rfc822',
  'date_to_string',
  'date_to_long_string',
]

/** More than any template needs, far less than one could use up. */
const BOUNDS = { parseLimit: 100_000, renderLimit: 1_000, memoryLimit: 10_000_000 } as const

/**
 * The language of templates: Liquid, strict about names. A line with nothing but tags leaves no line. What a template puts
 * out is one clean line, but for `quote`, of what people wrote, and `lines`, of texts that the site itself has.
 */
export function letterLanguage(): Liquid {
  const liquid = new Liquid({
    ...{ strictVariables: true, strictFilters: true, ownPropertyOnly: true },
    ...{ relativeReference: false, dynamicPartials: false, templates: {} },
    ...BOUNDS,
    outputEscape: (value: unknown) => cleanLine(textOf(value)),
  })
  for (const tag of NO_TAGS) delete liquid.tags[tag]
  for (const filter of NO_FILTERS) delete liquid.filters[filter]
  const clock = new LetterClock()
  liquid.registerFilter('time', (at: unknown, zone: unknown) => timeOf(clock, at, zone))
  liquid.registerFilter('quote', { raw: true, handler: (text: unknown) => quoted(textOf(text)) })
  liquid.registerFilter('lines', { raw: true, handler: (text: unknown) => cleanLines(textOf(text)) })
  return liquid
}

/** A line that is one tag leaves no line: its line break goes into the tag, so that lines are counted as in the file. */
export function withoutTagLines(source: string): string {
  return source
    .replaceAll('\r\n', '\n')
    .replaceAll(/^[ \t]*(\{%[^\n]*?)(-?%\})[ \t]*\n/gm, (all, tag: string, end: string) =>
      tag.includes('%}') ? all : `${tag}\n${end}`,
    )
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === null || value === undefined)
    throw new TypeError('there is nothing to put out: ask with if whether it is there')
  throw new TypeError('a list or a group of values is put out; name one of its fields, or use for')
}

function timeOf(clock: LetterClock, at: unknown, zone: unknown): string {
  if (typeof at !== 'number') throw new TypeError('time is for a time; ask with if whether it is there')
  if (typeof zone !== 'string') throw new TypeError('say by whose clock: time: zone')
  return clock.text(at, zone)
}

/** A name that a template says, and where. Lines count from 1. */
export interface Named {
  readonly path: readonly (string | number)[]
  readonly line: number
}

/** The names that a template takes from its data, in whatever branch. */
export function namesIn(liquid: Liquid, templates: Template[]): Named[] {
  const { globals } = liquid.analyzeSync(templates, { partials: false })
  return Object.values(globals).flatMap((variables) =>
    variables.map(({ segments, location }) => ({
      path: segments.filter((segment) => typeof segment === 'string' || typeof segment === 'number'),
      line: location.row,
    })),
  )
}
