import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Session } from '../session.ts'
import { showCalendar, showDue } from '../views/calendar-view.ts'

interface Days {
  readonly from?: string
  readonly to?: string
}

interface Promised extends Days {
  readonly target: string
}

export function addCalendar(program: Command, act: Act): void {
  const calendar = program
    .command('calendar')
    .description('say when the service is there, and what it promises')
    .option('--from <day>', 'first day, such as 2026-06-15; today when left out')
    .option('--to <day>', 'last day; two weeks when left out')
    .action(act(days))
  calendar
    .command('due')
    .description('work out when something that is promised is due')
    .requiredOption('--target <text>', "such as '1 working day', '4 working hours', '1 on-call hour' or 30m")
    .option(
      '--from <time>',
      'when it came: 2026-11-20T18:00:00Z, or 2026-11-20T18:00 by its clock; now when left out',
    )
    .action(act(due))
}

async function days({ out, api }: Session, _: readonly string[], { from, to }: Days): Promise<ExitCode> {
  out.show(showCalendar(await (await api()).calendar({ from, to })))
  return EXIT.ok
}

async function due(
  { out, api }: Session,
  _: readonly string[],
  { from, to, target }: Promised,
): Promise<ExitCode> {
  // An option of the command above it, which would be passed over.
  if (to !== undefined) throw usage('--to is of cordon calendar; when something is due is the answer')
  out.show(showDue(await (await api()).due({ from, target })))
  return EXIT.ok
}
