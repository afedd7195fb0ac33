import type { Edit } from './connection.ts'
import type { Directory } from './directory.ts'
import type { GroupMark } from './mark.ts'
import { isDoneAlready } from './trouble.ts'
import type { Way } from './way.ts'

/** An account whose DN is a member of a group that others reject. The directory itself keeps its references (refint). */
export function groupWay(directory: Directory, mark: GroupMark): Way {
  const { dn: group, member } = mark
  const isIn = (name: string, signal: AbortSignal): Promise<boolean> =>
    directory.connection.compare(group, member, name, signal)
  return {
    async look(entry, signal) {
      if (entry === undefined) return undefined
      if (await isIn(entry.dn, signal)) return { at: 'down', mark }
      // Of one that was renamed the group has the old name for a moment.
      const follows = mark.name !== entry.dn && (await isIn(mark.name, signal))
      return { at: follows ? 'moving' : 'up', mark: { ...mark, name: entry.dn } }
    },

    async turn(to, signal) {
      const { dn } = await directory.entry(mark.id, [], signal)
      if ((await isIn(dn, signal)) === (to === 'down')) return
      const edit: Edit = {
        attribute: member,
        remove: to === 'up' ? [dn] : [],
        add: to === 'down' ? [dn] : [],
      }
      try {
        await directory.connection.modify(group, [edit], [], signal)
      } catch (error) {
        // Somebody else was quicker.
        if (!isDoneAlready(error)) throw error
      }
    },
  }
}
