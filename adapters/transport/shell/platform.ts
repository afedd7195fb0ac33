import type { ErrorClass } from '../../adapter.ts'

/** What words of a device mean: the first that fits decides. */
export type Meanings = readonly (readonly [RegExp, ErrorClass])[]

/**
 * How one kind of command line talks, as data. A *mode* is what a prompt has behind the host's name: `>`, `#`,
 * `(config)#`.
 */
export interface Platform {
  readonly name: string
  /** Every mode there is, from its first character to its last, which is never a blank. */
  readonly modes: RegExp
  /** Where `enable` must be typed first; undefined where there is nothing of that kind. */
  readonly user?: string
  /** Where everything may be looked at, and everything begins. */
  readonly exec: string
  /** Typed at the beginning, one by one, so that nothing is paged or wrapped. What the device does not know of them is left. */
  readonly setup: readonly string[]
  /** What stands at the end of a page, waiting for a key. */
  readonly more: RegExp
  /** A line of the device's log, wherever it comes up. It is nobody's answer. */
  readonly notice: RegExp
  /** Notices that are about what was just configured. */
  readonly alarms: Meanings
  /** Lines of an answer by which something was refused. */
  readonly errors: Meanings
}

/** What a device said against something, in its own words. */
export interface Complaint {
  readonly class: ErrorClass
  readonly words: string
}

/** The first line that is a complaint, or undefined. */
export function complaintIn(lines: readonly string[], meanings: Meanings): Complaint | undefined {
  for (const line of lines) {
    const found = meanings.find(([pattern]) => pattern.test(line))
    if (found !== undefined) return { class: found[1], words: line.trim().slice(0, 300) }
  }
  return undefined
}
