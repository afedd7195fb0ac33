import { isObject, type JsonRecord } from './json-lines.ts'
import type { LineProblems } from './line-problems.ts'

/**
 * The objects of an answer of NetBox's API: `{"count": 2, "next": null, "results": [...]}`. One page of several is a
 * problem, since the hosts on the others would be unknown without a word.
 */
export function netboxResults(text: string, problems: LineProblems): JsonRecord[] {
  const answer = parsed(text, problems)
  if (answer === undefined) return []
  if (!isObject(answer) || !Array.isArray(answer['results'])) {
    problems.add(1, 'there is no list "results"; save the answer of /api/ipam/ip-addresses/?limit=0')
    return []
  }
  const results = answer['results'] as readonly unknown[]
  const { next, count } = answer
  if ((next ?? null) !== null || (typeof count === 'number' && count !== results.length)) {
    problems.add(1, `this is one page of several (${results.length} of ${String(count)}); ask with limit=0`)
    return []
  }
  const lines = elementLines(text, 'results')
  return results.flatMap((value, index) => {
    const line = lines[index] ?? 1
    if (isObject(value)) return [{ line, value }]
    problems.add(line, 'an entry of "results" must be an object')
    return []
  })
}

function parsed(text: string, problems: LineProblems): unknown {
  try {
    return JSON.parse(text.replace(/^\u{feff}/u, '')) as unknown
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    const position = /at position (\d+)/.exec(words)?.[1]
    const before = position === undefined ? text : text.slice(0, Number(position))
    problems.add(before.split('\n').length, `this is no JSON: ${words}`)
    return undefined
  }
}

/** The line on which each element of the list in this field of the outermost object begins; the text is known to be JSON. */
function elementLines(text: string, field: string): number[] {
  let lines: number[] = []
  let [line, depth, inList, isNext, key] = [1, 0, false, false, '']
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === '\n') line += 1
    if (/\s/.test(char)) continue
    if (inList && depth === 2 && isNext && char !== ']') {
      lines.push(line)
      isNext = false
    }
    if (char === '"') {
      const end = stringEnd(text, at)
      if (depth === 1) key = text.slice(at + 1, end)
      at = end
    } else if (char === '{' || char === '[') {
      if (depth === 1 && char === '[' && key === field) [inList, isNext, lines] = [true, true, []]
      depth += 1
    } else if (char === '}' || char === ']') {
      depth -= 1
      if (depth === 1) inList = false
    } else if (char === ',' && depth === 2) isNext = true
  }
  return lines
}

function stringEnd(text: string, opening: number): number {
  let at = opening + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
