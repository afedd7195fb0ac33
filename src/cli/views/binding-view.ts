import type { Binding } from '../http/wire-bindings.ts'
import type { Shown } from '../output/output.ts'
import { renderTable } from '../output/table.ts'
import { fullText } from '../output/time.ts'

export function showBindingList(bindings: readonly Binding[], now: () => number): Shown {
  const time = (text: string): string => fullText(Date.parse(text), { now })
  return {
    value: { bindings },
    names: () => bindings.map(({ mac, user, port }) => mac ?? user ?? port ?? ''),
    text: (paint, wide) =>
      renderTable<Binding>(
        [
          { title: 'ADDRESS', cell: ({ address }) => address },
          {
            title: 'PORTS',
            cell: ({ fromPort, toPort }) => (fromPort === undefined ? '' : `${fromPort}-${toPort}`),
          },
          { title: 'DEVICE', cell: ({ mac }) => mac ?? '' },
          { title: 'USER', cell: ({ user }) => user ?? '', most: 40 },
          { title: 'FROM', cell: ({ from }) => time(from) },
          { title: 'UNTIL', cell: ({ until }) => (until === null ? 'still' : time(until)) },
          { title: 'AT', cell: ({ port }) => port ?? '', most: 30 },
          { title: 'SOURCE', cell: ({ source }) => source, wide: true },
        ],
        bindings,
        paint,
        wide,
      ),
  }
}
