import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { EventMessage } from '../http/wire.ts'
import { cleanQuoted } from '../output/clean.ts'
import type { Session } from '../session.ts'
import { eventLine } from '../views/event-view.ts'

interface EventsOptions {
  readonly after?: string
  readonly count?: string
  readonly json?: boolean
}

export function addEvents(program: Command, act: Act): void {
  program
    .command('events')
    .description('follow what the ledger records, one line an event, until Ctrl-C')
    .option('--after <number>', 'begin behind this event; 0 for the first (default: from now on)')
    .option('--count <number>', 'end after so many events')
    .option('--json', 'one JSON object a line; the same as -o json')
    .action(act(events))
}

async function events(
  { io, out, api }: Session,
  _operands: readonly string[],
  options: EventsOptions,
): Promise<ExitCode> {
  if (out.format === 'yaml') throw usage('-o yaml: events have no end; take -o json, one object a line')
  const after = options.after === undefined ? undefined : wholeNumber(options.after, '--after')
  const most = options.count === undefined ? Number.POSITIVE_INFINITY : wholeNumber(options.count, '--count')
  const line = (event: EventMessage): string => {
    if (options.json === true || out.format === 'json') return cleanQuoted(JSON.stringify(event))
    return out.format === 'name' ? String(event.seq) : eventLine(event, out.paintData)
  }
  let told = 0
  if (most === 0) return EXIT.ok
  const note = (why: string): void => out.note(`${why}; trying again`, 'warn')
  for await (const event of (await api()).events(after, note)) {
    io.stdout.write(`${line(event)}\n`)
    told += 1
    if (told >= most) break
  }
  return EXIT.ok
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text)) throw usage(`${option}: give a whole number, such as 1042, not '${text}'`)
  return Number(text)
}
