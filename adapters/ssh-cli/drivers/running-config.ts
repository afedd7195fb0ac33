import type { SwitchRule } from '../../../src/domain/rule.ts'
import type { Position } from '../../switching/panel.ts'
import type { Section } from '../driver.ts'

/** A line of a running configuration that begins at the margin, and those behind it that do not. */
export interface ConfigSection {
  readonly head: string
  /** With the blanks that they are set in by. */
  readonly inside: readonly string[]
}

export function sectionsOf(lines: readonly string[]): readonly ConfigSection[] {
  const heads = [...lines.keys()].filter((index) => /^\S/.test(lines[index] ?? ''))
  return heads.map((start, index) => ({
    head: (lines[start] ?? '').trimEnd(),
    inside: lines.slice(start + 1, heads[index + 1] ?? lines.length).map((line) => line.trimEnd()),
  }))
}

/** A line that puts something down, or takes that back. */
export function turning(
  { key }: SwitchRule,
  place: Required<Section>['place'],
  down: string,
  to: Position,
): Section {
  return { place, edits: [{ line: to === 'down' ? down : `no ${down}`, keys: [key] }] }
}
