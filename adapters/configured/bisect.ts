import { AdapterError } from '../adapter.ts'
import { type EntryChange, NO_REFUSALS, type Refusals } from './device.ts'

/** Classes that are about an entry, or about how many there are, and not about the session or the device. */
const ABOUT_ENTRIES: readonly AdapterError['class'][] = ['rejected', 'capacity', 'unsupported']

/**
 * Makes one of many of a device whose transactions are taken or refused as a whole: a refused one is halved until the
 * entries stand alone that are the reason. Removals go by themselves then, first, as they make room and are never
 * refused for what comes with them. Once a single entry does not fit for want of room, no other is tried.
 * @param transact resolves when the device has taken all of it; throws AdapterError when it has taken nothing
 */
export async function bisect(
  change: EntryChange,
  transact: (change: EntryChange) => Promise<void>,
): Promise<Refusals> {
  const refusals = new Map<string, AdapterError>()
  let full: AdapterError | undefined
  const attempt = async (part: EntryChange): Promise<void> => {
    const all = [...part.remove, ...part.put]
    if (all.length === 0) return
    if (full !== undefined && part.put.length > 0) {
      for (const { key } of part.put) refusals.set(key, full)
      return await attempt({ put: [], remove: part.remove })
    }
    try {
      return await transact(part)
    } catch (error) {
      if (!(error instanceof AdapterError) || !ABOUT_ENTRIES.includes(error.class)) throw error
      const [only] = all
      if (only !== undefined && all.length === 1) {
        refusals.set(only.key, error)
        if (error.class === 'capacity') full = error
        return
      }
    }
    for (const half of halves(part)) await attempt(half)
  }
  await attempt(change)
  return refusals.size === 0 ? NO_REFUSALS : refusals
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
