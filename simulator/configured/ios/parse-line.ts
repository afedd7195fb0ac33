import type { Grammar } from './grammar.ts'
import { takesRest, VALUE_TYPES } from './values.ts'

/** A form of command and what it does. */
export interface Command<Run> {
  readonly grammar: Grammar
  readonly run: Run
}

export type Values = Readonly<Record<string, string>>

/** `at` counts characters from the start of the line; `words` are written out, `values` by their names. */
export type Parsed<Run> =
  | { readonly is: 'command'; readonly run: Run; readonly words: readonly string[]; readonly values: Values }
  | { readonly is: 'invalid'; readonly at: number; readonly word: number }
  | { readonly is: 'incomplete'; readonly word: number }
  | { readonly is: 'ambiguous'; readonly word: number }

interface Path<Run> {
  readonly run: Run
  readonly left: readonly Grammar[]
  readonly words: readonly string[]
  readonly values: Values
}

type Leaf = Extract<Grammar, { kind: 'word' | 'value' }>

interface Token {
  readonly text: string
  readonly at: number
}

/**
 * Follows all commands at once, word by word: a keyword may be cut short as long as only one fits, one that is written
 * out wins, and a value is what no keyword is.
 */
export function parseLine<Run>(commands: readonly Command<Run>[], line: string): Parsed<Run> {
  let paths = commands.flatMap(({ grammar, run }) =>
    expand<Run>({ run, left: [grammar], words: [], values: {} }),
  )
  const tokens = tokensOf(line)
  for (const [word, token] of tokens.entries()) {
    const step = take(paths, token, line)
    if (step === 'ambiguous') return { is: 'ambiguous', word }
    if (step.paths.length === 0) return { is: 'invalid', at: token.at + step.common, word }
    paths = step.paths.flatMap((path) => expand(path))
    if (step.isLast) break
  }
  const done = paths.find(({ left }) => left.length === 0)
  if (!done) return { is: 'incomplete', word: tokens.length }
  return { is: 'command', run: done.run, words: done.words, values: done.values }
}

/** Paths whose next part is a leaf, or that are at their end. */
function expand<Run>(path: Path<Run>): Path<Run>[] {
  const [next, ...later] = path.left
  if (next?.kind === 'all') return expand({ ...path, left: [...next.parts, ...later] })
  if (next?.kind === 'one') {
    return next.options.flatMap((option) => expand({ ...path, left: [option, ...later] }))
  }
  return [path]
}

interface Step<Run> {
  readonly paths: readonly Path<Run>[]
  /** how much of the word a keyword begins with, when nothing fits */
  readonly common: number
  /** a value took the rest of the line */
  readonly isLast: boolean
}

function take<Run>(paths: readonly Path<Run>[], token: Token, line: string): Step<Run> | 'ambiguous' {
  const typed = token.text.toLowerCase()
  const words = paths.filter(({ left: [leaf] }) => leaf?.kind === 'word' && leaf.word.startsWith(typed))
  const exact = words.filter(({ left: [leaf] }) => leaf?.kind === 'word' && leaf.word === typed)
  const chosen = exact.length > 0 ? exact : words
  if (new Set(chosen.map(({ left: [leaf] }) => (leaf?.kind === 'word' ? leaf.word : ''))).size > 1) {
    return 'ambiguous'
  }
  if (chosen.length > 0) return { paths: chosen.map(passWord), common: 0, isLast: false }
  const values = paths.flatMap((path) => passValue(path, token, line))
  const isLast = values.some(({ tookRest }) => tookRest)
  return {
    paths: values.filter(({ tookRest }) => tookRest === isLast).map(({ path }) => path),
    common: Math.max(0, ...paths.map(({ left: [leaf] }) => commonLength(leaf, typed))),
    isLast,
  }
}

function passWord<Run>(path: Path<Run>): Path<Run> {
  const [leaf, ...left] = path.left as [Extract<Leaf, { kind: 'word' }>, ...Grammar[]]
  const values = leaf.capture === undefined ? path.values : { ...path.values, [leaf.capture]: leaf.word }
  return { ...path, left, words: [...path.words, leaf.word], values }
}

function passValue<Run>(
  path: Path<Run>,
  token: Token,
  line: string,
): { path: Path<Run>; tookRest: boolean }[] {
  const [leaf, ...left] = path.left
  if (leaf?.kind !== 'value') return []
  const tookRest = takesRest(leaf.type)
  const text = VALUE_TYPES[leaf.type](tookRest ? line.slice(token.at).trimEnd() : token.text)
  if (text === undefined) return []
  const values = { ...path.values, [leaf.name]: text }
  return [{ path: { ...path, left, words: [...path.words, text], values }, tookRest }]
}

function commonLength(leaf: Grammar | undefined, typed: string): number {
  if (leaf?.kind !== 'word') return 0
  const differs = [...typed].findIndex((character, at) => character !== leaf.word[at])
  return differs === -1 ? typed.length : differs
}

function tokensOf(line: string): Token[] {
  return [...line.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: match.index }))
}
