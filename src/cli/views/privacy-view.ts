import type { Retention, RetentionRun } from '../http/wire-privacy.ts'
import type { Shown } from '../output/output.ts'
import type { Paint } from '../output/paint.ts'
import { type Column, renderFields, renderTable } from '../output/table.ts'

export function showRetention(answer: Retention): Shown {
  const { rules, last } = answer
  return {
    value: answer,
    names: () => rules.map(({ rule }) => rule),
    text: (paint, wide) => {
      const kept = rules.map(({ rule, after }) => [rule, after ?? 'for good'] as const)
      const told = last === null ? 'no run since the controller started\n' : runText(last, paint, wide)
      return `${renderFields(kept, paint)}\n${told}`
    },
  }
}

export function showRetentionRun(run: RetentionRun): Shown {
  return {
    value: run,
    names: () => run.rules.map(({ rule }) => rule),
    text: (paint, wide) => runText(run, paint, wide),
  }
}

type Rule = RetentionRun['rules'][number]

function runText({ at, dry, rules, devices }: RetentionRun, paint: Paint, wide: boolean): string {
  if (rules.length === 0)
    return 'nothing has a time: all personal data is kept for good (retention in cordon.yaml)\n'
  const columns: Column<Rule>[] = [
    { title: 'RULE', cell: ({ rule }) => rule },
    { title: 'KEPT', cell: ({ after }) => after },
    { title: dry ? 'WOULD GO' : 'ERASED', cell: ({ erased }) => String(erased) },
    { title: 'WAITS', cell: ({ waits }) => String(waits) },
  ]
  const waiting = devices.map(
    ({ device, why, events }) => `${events} events wait for ${device}: ${WHY[why] ?? why}\n`,
  )
  return `${dry ? 'looked at' : 'run'} ${at}\n${renderTable(columns, rules, paint, wide)}${waiting.join('')}`
}

const WHY: Readonly<Record<string, string>> = {
  'not-read': 'it was not read since the controller started, and may still hold them',
  'left-over': 'it holds what no block asks for',
  leaving: 'it has not let go of a block that ended',
}
