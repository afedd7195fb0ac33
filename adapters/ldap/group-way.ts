import { isRefusal } from '../switching/switches.ts'
import type { Directory } from './directory.ts'
import type { GroupMark } from './mark.ts'
import { isRace } from './trouble.ts'
import type { Way } from './way.ts'

/**
 * An account whose DN is a member of a group that others refuse. Where the directory does not keep its references, a group
 * has an account's old name still when it was renamed or deleted: that one is ours too, and goes when the lock does.
 */
export function groupWay(directory: Directory, mark: GroupMark): Way {
  const { dn: group, member } = mark
  const isIn = (name: string, signal: AbortSignal): Promise<boolean> =>
    directory.connection.compare(group, member, name, signal)
  const those = async (names: readonly string[], signal: AbortSignal): Promise<string[]> => {
    const found: string[] = []
    for (const name of names) if (await isIn(name, signal)) found.push(name)
    return found
  }

  return {
    async look(entry, signal) {
      const names = [...new Set([...mark.names, ...(entry === undefined ? [] : [entry.dn])])]
      const inside = await those(names, signal)
      if (inside.length === 0)
        return entry === undefined ? undefined : { at: 'up', mark: { ...mark, names: [entry.dn] } }
      const isMember = entry === undefined || inside.includes(entry.dn)
      return { at: isMember ? 'down' : 'moving', mark: { ...mark, names } }
    },

    async turn(to, signal) {
      const entry = await directory.entryOrNone(mark.id, [], signal)
      const current = entry === undefined ? [] : [entry.dn]
      const wanted = to === 'down' ? current : []
      const edit = (remove: string[], add: string[]): Promise<void> =>
        directory.connection.modify(group, [{ attribute: member, remove, add }], [], signal).catch(unlessRace)
      for (const name of wanted) if (!(await isIn(name, signal))) await edit([], [name])
      const names = new Set([...mark.names, ...current])
      const others = [...names].filter((name) => !wanted.includes(name))
      for (const name of await those(others, signal)) await edit([name], [])
    },
  }
}

/** Somebody else has done the same. */
function unlessRace(error: unknown): void {
  if (isRefusal(error) && isRace(error)) return
  throw error
}
