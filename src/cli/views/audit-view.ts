import type { AuditEntry } from '../http/wire-audit.ts'
import type { Shown } from '../output/output.ts'
import { renderTable } from '../output/table.ts'
import { localText } from '../output/time.ts'
import { wordsOf } from './event-view.ts'

export function showAudit(entries: readonly AuditEntry[]): Shown {
  return {
    value: entries,
    names: () => entries.map(({ seq }) => String(seq)),
    text: (paint, wide) =>
      renderTable<AuditEntry>(
        [
          { title: 'SEQ', cell: ({ seq }) => String(seq) },
          { title: 'AT', cell: ({ at }) => localText(Date.parse(at)) },
          { title: 'WHO', cell: whoText, most: 40 },
          { title: 'TOKEN', cell: ({ who }) => who?.token ?? '', wide: true },
          { title: 'WHAT', cell: ({ type }) => type },
          { title: 'ABOUT', cell: aboutText, most: 120 },
        ],
        entries,
        paint,
        wide,
      ),
  }
}

/** A machine is known by its token. */
function whoText({ who }: AuditEntry): string {
  if (who === undefined) return '-'
  return `${who.name} (${who.person ?? who.token ?? ''})`
}

function aboutText(entry: AuditEntry): string {
  const { by: _, ...rest } = entry
  return `${wordsOf(rest as AuditEntry)}${entry.redacted ? ' (personal data erased)' : ''}`
}
