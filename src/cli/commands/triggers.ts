import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { readPages } from '../http/pages.ts'
import { type LimitOptions, limited, moreText, mostOf } from '../input/limit.ts'
import { requirePlainNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showIncident, showIncidents } from '../views/trigger-view.ts'

interface Options extends LimitOptions {
  readonly open?: boolean
}

/** The most that the API gives at once. */
const PAGE = 500

export function addTriggers(program: Command, act: Act): void {
  const triggers = program
    .command('triggers')
    .description('list the incidents that sources speak of, the newest word first')
    .option('--open', 'only those that go on')
  limited(triggers).action(act(list))
  triggers
    .command('show')
    .description('show what a trigger says, and what was said and decided of its incident')
    .argument('<number>', 'of the trigger')
    .action(act(show))
}

async function list({ io, out, api }: Session, _: readonly string[], options: Options): Promise<ExitCode> {
  const open = options.open === true ? 'true' : undefined
  const client = await api()
  const { items, more } = await readPages(mostOf(options), PAGE, async (limit, before?: string) => {
    const { incidents, next } = await client.listTriggers({ open, limit, before })
    return { items: incidents, next: next === undefined ? undefined : String(next) }
  })
  out.show(showIncidents(items, io.now))
  if (more) out.note(moreText(options), 'dim')
  return EXIT.ok
}

async function show({ out, api }: Session, [number = '']: readonly string[]): Promise<ExitCode> {
  const trigger = requirePlainNumber(number, 'trigger')
  out.show(showIncident(await (await api()).showTrigger(trigger)))
  return EXIT.ok
}
