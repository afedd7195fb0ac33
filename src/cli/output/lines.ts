import { clean } from './clean.ts'

/** A text of several lines, each as a terminal shows it as it is; no empty ones at its end. */
export function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => clean(line.trimEnd()))
}

/** Lines under something; empty ones stay empty. */
export function indent(lines: readonly string[], by = 2): string {
  return lines.map((line) => (line === '' ? '\n' : `${' '.repeat(by)}${line}\n`)).join('')
}
