import type { Platform } from './platform.ts'

/** What came: a prompt, by its mode, or a line that is none. */
export type Token = { readonly prompt: string } | { readonly line: string }

/** What a line that was typed led to. */
export interface Answer {
  /** Without echo, prompts and the device's log. */
  readonly lines: readonly string[]
  /** In which it ended. */
  readonly mode: string
}

interface Segment {
  readonly lines: readonly string[]
  readonly mode: string
}

/**
 * The answer to one line that was typed at a prompt. A prompt without the line's echo in front of it is none of its: the
 * device has shown it again behind a line of its log.
 * @returns undefined while there is none
 */
export function answerTo(typed: string, tokens: readonly Token[], notice: RegExp): Answer | undefined {
  for (const { lines, mode } of segmentsOf(tokens)) {
    const said = lines.filter((line) => !notice.test(line))
    const echoed = echoLength(said, typed)
    if (echoed !== undefined) return { lines: said.slice(echoed), mode }
  }
  return undefined
}

/**
 * The answers to lines that were typed at once, the last of which leads to another mode: only that mode's prompt says
 * that all were worked through, as an echo may come at once and a prompt more than once. Every line has a prompt. Behind
 * a line of its log a device shows the prompt again, or does not: always, or never.
 * @returns undefined while there is more to come; `garbled` when the prompts do not fit the lines
 */
export function answersTo(
  typed: readonly string[],
  until: string,
  tokens: readonly Token[],
  notice: RegExp,
): readonly Answer[] | 'garbled' | undefined {
  const segments = segmentsOf(tokens)
  const last = segments.findIndex(({ mode }) => mode === until)
  if (last < 0) return undefined
  const all = segments.slice(0, last + 1)
  const once = all.filter((segment) => !mayRepeat(segment, notice))
  const counted = [all, once].find(({ length }) => length === typed.length)
  if (counted === undefined) return 'garbled'
  const echoes = new Set(typed.map(squashed))
  return counted.map(({ lines, mode }) => ({
    lines: lines.filter((line) => line !== '' && !notice.test(line) && !echoes.has(squashed(line))),
    mode,
  }))
}

/** What is at the end of a screen on which nobody has typed: a prompt, whatever the log has said behind it. */
export function promptAtEnd(
  lines: readonly string[],
  unfinished: string,
  { modes, notice }: Platform,
): { readonly name: string; readonly mode: string } | undefined {
  const shown = [...lines, unfinished].filter((line) => line.trim() !== '' && !notice.test(line)).at(-1)
  const shape = new RegExp(`^ ?(?<name>[A-Za-z0-9][\\w.@:/-]{0,63}?)(?<mode>${modes.source})\\s*$`)
  const { name, mode } = shape.exec(shown ?? '')?.groups ?? {}
  return name === undefined || mode === undefined ? undefined : { name, mode }
}

/** Some devices cut their name, if only in the modes of configuration. */
const LEFT_OF_NAME = 16

/** The prompts of a device of this name at the beginning of what it shows; the mode is a group of that name. */
export function promptsOf(name: string, { modes }: Platform): RegExp {
  const cut = `${escaped(name.slice(0, LEFT_OF_NAME))}[\\w.@:/-]*(?=\\()`
  return new RegExp(`^ ?(?:${escaped(name)}|${cut})(?<mode>${modes.source})$`)
}

function segmentsOf(tokens: readonly Token[]): readonly Segment[] {
  const segments: Segment[] = []
  let lines: string[] = []
  for (const token of tokens) {
    if ('line' in token) lines.push(token.line)
    else {
      segments.push({ lines, mode: token.prompt })
      lines = []
    }
  }
  return segments
}

/** Whether the prompt may stand there for the log's sake: behind the one before came the end of its line, and the log. */
function mayRepeat({ lines: [first, ...rest] }: Segment, notice: RegExp): boolean {
  return first === '' && rest.length > 0 && rest.every((line) => notice.test(line))
}

/** How many lines the echo takes, with those in front of it: it may be wrapped, and parted by the log. */
function echoLength(lines: readonly string[], typed: string): number | undefined {
  const wanted = squashed(typed)
  for (const start of lines.keys()) {
    let joined = ''
    for (let end = start; wanted.startsWith(joined) && end < lines.length; end += 1) {
      joined += squashed(lines[end] ?? '')
      if (joined === wanted) return end + 1
    }
  }
  return undefined
}

/** Blanks are lost where a line is wrapped. */
function squashed(text: string): string {
  return text.replaceAll(/\s/g, '')
}

function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, '\\$&')
}
