import { createHash } from 'node:crypto'
import type { Clock } from '../../domain/clock.ts'
import { inTurns, partsOf } from '../../domain/in-turns.ts'
import type { Family } from '../../domain/prefix.ts'
import type { ListedPrefix, PulledList } from './pulled-list.ts'

/** Which part of a list, and how it is written. */
export interface ListForm {
  readonly direction: 'from' | 'to'
  /** Both when left out. */
  readonly family?: Family
  readonly format: 'text' | 'json'
  /** Whether a text says on top what it is; JSON always does. */
  readonly comments: boolean
}

/** A list as it is sent. */
export interface ListText {
  readonly body: Buffer
  /** Strong (RFC 9110 §8.8.3): of the content, so that it is the same after a restart where that is. */
  readonly etag: string
}

interface Written {
  readonly version: number
  readonly text: Promise<ListText>
}

/** Lists as texts. Each form is written once for each version of a list, in turns with everything else. */
export class ListTexts {
  readonly #clock: Clock
  readonly #written = new WeakMap<PulledList, Map<string, Written>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of(name: string, list: PulledList, form: ListForm): Promise<ListText> {
    const forms = this.#written.get(list) ?? new Map<string, Written>()
    this.#written.set(list, forms)
    const key = JSON.stringify([form.direction, form.family, form.format, form.comments])
    const there = forms.get(key)
    if (there?.version === list.version) return there.text
    const text = this.#write(name, list, form)
    forms.set(key, { version: list.version, text })
    return text
  }

  async #write(name: string, list: PulledList, form: ListForm): Promise<ListText> {
    // All of one moment: what comes and goes while it is written belongs to the next version.
    const parts = partsOf([...list.rules.values()])
    const digest = createHash('sha256')
    const [head, foot] = form.format === 'json' ? jsonAround(name, form) : textAround(name, form)
    let begun = false
    const pieces = await inTurns(this.#clock, [head, ...parts, foot], (part) => {
      const text = typeof part === 'string' ? part : linesOf(part, form, begun)
      if (typeof part !== 'string') begun ||= text !== ''
      const piece = Buffer.from(text)
      digest.update(piece)
      return piece
    })
    return { body: Buffer.concat(pieces), etag: `"${digest.digest('base64url').slice(0, 22)}"` }
  }
}

/** @param begun whether others stand before these */
function linesOf(
  rules: readonly ListedPrefix[],
  { direction, family, format }: ListForm,
  begun: boolean,
): string {
  const prefixes = rules
    .filter((one) => one.end === direction && (family === undefined || one.family === family))
    .map(({ prefix }) => prefix)
  if (format === 'text') return prefixes.map((prefix) => `${prefix}\n`).join('')
  return prefixes.map((prefix, at) => `${begun || at > 0 ? ',' : ''}"${prefix}"`).join('')
}

/** What stands before the prefixes, and after them. */
function jsonAround(list: string, { direction, family }: ListForm): [string, string] {
  const head = JSON.stringify({ list, direction, ...(family === undefined ? {} : { family }) })
  return [`${head.slice(0, -1)},"prefixes":[`, ']}']
}

function textAround(name: string, { direction, family, comments }: ListForm): [string, string] {
  const which = family === undefined ? '' : `, IPv${family}`
  return [comments ? `# Cordon: ${name}, packets ${direction} these${which}\n` : '', '']
}
