import { hash } from 'node:crypto'
import type { Clock } from '../../domain/clock.ts'
import { inTurns } from '../../domain/in-turns.ts'
import type { Family, Prefix } from '../../domain/prefix.ts'
import type { PulledList } from './pulled-list.ts'

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
    const { direction, family } = form
    // All of one moment: what comes and goes while it is written belongs to the next version.
    const all = [...list.rules.values()]
    const chosen = await inTurns(this.#clock, all, (one) =>
      one.end === direction && (family === undefined || one.family === family) ? one.prefix : undefined,
    )
    const prefixes = chosen.filter((prefix) => prefix !== undefined)
    const body = Buffer.from(
      form.format === 'json' ? jsonOf(name, form, prefixes) : textOf(name, form, prefixes),
    )
    return { body, etag: `"${hash('sha256', body, 'base64url').slice(0, 22)}"` }
  }
}

function jsonOf(list: string, { direction, family }: ListForm, prefixes: readonly Prefix[]): string {
  const head = { list, direction, ...(family === undefined ? {} : { family }), entries: prefixes.length }
  return JSON.stringify({ ...head, prefixes })
}

function textOf(
  name: string,
  { direction, family, comments }: ListForm,
  prefixes: readonly Prefix[],
): string {
  const which = family === undefined ? '' : `, IPv${family}`
  const head = comments
    ? [`# Cordon: ${name}, packets ${direction} these${which}; ${prefixes.length} entries`]
    : []
  return [...head, ...prefixes, ''].join('\n')
}
