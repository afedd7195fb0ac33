import type { Person } from '../http/wire-site.ts'
import type { Shown } from '../output/output.ts'
import { renderTable } from '../output/table.ts'

export function showPeople(people: readonly Person[], answer: unknown): Shown {
  return {
    value: answer,
    names: () => people.map(({ id }) => id),
    text: (paint, wide) =>
      renderTable<Person>(
        [
          { title: 'PERSON', cell: ({ id }) => id },
          { title: 'NAME', cell: ({ name }) => name, most: 40 },
          {
            title: 'STATE',
            cell: ({ left }) => (left ? { text: 'removed', style: 'dim' } : { text: 'known', style: 'good' }),
          },
          { title: 'ROLES', cell: ({ roles }) => roles.join(','), most: 60 },
          { title: 'DEPARTMENTS', cell: ({ departments }) => departments?.join(',') ?? 'all', most: 60 },
        ],
        people,
        paint,
        wide,
      ),
  }
}

/** One line about a person. */
export function personText({ id, name, roles, departments }: Person): string {
  const bound = departments === undefined ? '' : `, bound to ${departments.join(', ')}`
  return `${id} ${name}: ${roles.join(', ') || 'no role'}${bound}`
}
