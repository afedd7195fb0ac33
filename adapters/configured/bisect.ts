import type { EntryRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import { Unanswered } from '../transport/unanswered.ts'
import { type EntryChange, NO_REFUSALS, type Refusals } from './device.ts'

/** Classes that are about an entry, or about how many there are, and not about the session or the device. */
const ABOUT_ENTRIES: readonly AdapterError['class'][] = ['rejected', 'capacity', 'unsupported']

/**
 * Makes one of many of a device whose transactions are taken or refused as a whole: a refused one is halved until the
 * entries stand alone that are the reason. Removals go by themselves then, first, as they make room and are never
 * refused for what comes with them. Once a single entry does not fit for want of room, no other is tried.
 * What the device itself refuses, such as for a lock, ends it: nothing was changed if that is the first, and afterwards
 * the rest is refused with that.
 * @param transact resolves when the device has taken all of it; throws AdapterError when it has taken nothing
 * @throws Unanswered; AdapterError when nothing has been taken at all
 */
export async function bisect(change: EntryChange, transact: Transact): Promise<Refusals> {
  const halving = new Halving(transact)
  await halving.attempt(change)
  return halving.refusals.size === 0 ? NO_REFUSALS : halving.refusals
}

type Transact = (change: EntryChange) => Promise<void>

class Halving {
  readonly refusals = new Map<string, AdapterError>()
  readonly #transact: Transact
  #hasTaken = false
  /** It has no room for more. */
  #full: AdapterError | undefined
  /** It takes nothing any more. */
  #over: AdapterError | undefined

  constructor(transact: Transact) {
    this.#transact = transact
  }

  async attempt(part: EntryChange): Promise<void> {
    const all = [...part.remove, ...part.put]
    if (all.length === 0) return
    if (this.#over !== undefined) return this.#refuse(all, this.#over)
    if (this.#full !== undefined && part.put.length > 0) {
      this.#refuse(part.put, this.#full)
      return await this.attempt({ put: [], remove: part.remove })
    }
    const refusal = await this.#try(part)
    if (refusal === undefined) return
    if (!ABOUT_ENTRIES.includes(refusal.class)) {
      if (!this.#hasTaken) throw refusal
      this.#over = refusal
      return this.#refuse(all, refusal)
    }
    if (all.length > 1) for (const half of halves(part)) await this.attempt(half)
    else {
      this.#refuse(all, refusal)
      if (refusal.class === 'capacity') this.#full = refusal
    }
  }

  async #try(part: EntryChange): Promise<AdapterError | undefined> {
    try {
      await this.#transact(part)
      this.#hasTaken = true
      return undefined
    } catch (error) {
      if (!(error instanceof AdapterError) || error instanceof Unanswered) throw error
      return error
    }
  }

  #refuse(rules: readonly EntryRule[], error: AdapterError): void {
    for (const { key } of rules) this.refusals.set(key, error)
  }
}

function halves({ put, remove }: EntryChange): readonly EntryChange[] {
  if (put.length > 0 && remove.length > 0)
    return [
      { put: [], remove },
      { put, remove: [] },
    ]
  const [all, part] = put.length > 0 ? [put, 'put' as const] : [remove, 'remove' as const]
  const middle = Math.ceil(all.length / 2)
  return [all.slice(0, middle), all.slice(middle)].map((rules) => ({
    ...{ put: [], remove: [] },
    [part]: rules,
  }))
}
