import { type Liquid, LiquidError, type Template } from 'liquidjs'
import type { LetterName } from './letter-data.ts'
import { EXAMPLES } from './letter-examples.ts'
import { LetterUnusable, render } from './letters.ts'
import { letterLanguage, type Named, namesIn, withoutTagLines } from './template.ts'

/** What is wrong with a template, and in which line, from 1. */
export interface LetterProblem {
  readonly line: number
  readonly message: string
}

/** Says what is wrong with a template. */
export type LetterCheck = (name: LetterName, source: string) => readonly LetterProblem[]

/**
 * Tries templates: by the names in all of their branches, and by writing a mail of every example. So what would fail is
 * known before there is anything to tell. One check is for many templates: to make the language takes longer than to use it.
 */
export function letterCheck(): LetterCheck {
  const liquid = letterLanguage()
  return (name, source) => problemsIn(liquid, name, source)
}

function problemsIn(liquid: Liquid, name: LetterName, source: string): readonly LetterProblem[] {
  let template: Template[]
  try {
    template = liquid.parse(withoutTagLines(source))
  } catch (error) {
    return [problemOf(error)]
  }
  const [whole] = EXAMPLES[name]
  const unknown = namesIn(liquid, template).filter(({ path }) => !isThere(whole, path))
  if (unknown.length > 0) return unknown.map(unknownProblem)
  for (const example of EXAMPLES[name])
    try {
      render(liquid, template, example)
    } catch (error) {
      return [problemOf(error)]
    }
  return []
}

/** Of lists, their size. */
function isThere(data: unknown, path: Named['path']): boolean {
  let place = data
  for (const step of path) {
    if (Array.isArray(place) && ['size', 'first', 'last'].includes(String(step))) return true
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, step)) return false
    place = (place as Record<string | number, unknown>)[step]
  }
  return true
}

function unknownProblem({ path, line }: Named): LetterProblem {
  return { line, message: `there is no ${path.join('.')} for this mail` }
}

/** Liquid puts the place behind its words. */
function problemOf(error: unknown): LetterProblem {
  if (error instanceof LetterUnusable) return { line: 1, message: error.message }
  if (!LiquidError.is(error)) throw error
  const words = error.message.replaceAll(/\s*\n\s*/g, ' ')
  const [, line = '1'] = /line:(\d+)/.exec(words) ?? []
  return { line: Number(line), message: words.replace(/,? *(file:[^,]*, *)?line:\d+, col:\d+$/, '') }
}
