import { grammar } from './grammar.ts'
import { parseLine } from './parse-line.ts'
import { Refused } from './refused.ts'
import { sections } from './show-config.ts'

/** What stands behind a `|`. */
export interface Filter {
  readonly how: 'include' | 'exclude' | 'begin' | 'section'
  readonly pattern: RegExp
}

const FORM = [{ grammar: grammar('<how=include|exclude|begin|section> <pattern:rest>'), run: undefined }]

/** @throws Refused when it is no filter */
export function readFilter(text: string | undefined): Filter | undefined {
  if (text === undefined) return undefined
  const parsed = parseLine(FORM, text.slice(1))
  if (parsed.is !== 'command') throw new Refused('% Incomplete command.')
  const { how, pattern = '' } = parsed.values
  try {
    return { how: how as Filter['how'], pattern: new RegExp(pattern) }
  } catch {
    throw new Refused('% Failed to compile regular expression.')
  }
}

export function filtered(lines: readonly string[], filter: Filter | undefined): readonly string[] {
  if (!filter) return lines
  const fits = (line: string): boolean => filter.pattern.test(line)
  switch (filter.how) {
    case 'include':
      return lines.filter(fits)
    case 'exclude':
      return lines.filter((line) => !fits(line))
    case 'begin': {
      const first = lines.findIndex(fits)
      return first === -1 ? [] : lines.slice(first)
    }
    case 'section':
      return sections(lines).flatMap((section) => sectionPart(section, fits))
  }
}

/** A whole section when its head fits, else its head and the lines that fit. */
function sectionPart(section: readonly string[], fits: (line: string) => boolean): readonly string[] {
  const [head = '', ...inside] = section
  if (fits(head)) return section
  const found = inside.filter(fits)
  return found.length > 0 ? [head, ...found] : []
}
