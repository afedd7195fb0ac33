import { type Command, InvalidArgumentError } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Api } from '../http/api.ts'
import type { Incident } from '../http/wire-triggers.ts'
import type { Session } from '../session.ts'
import { showIncident, showIncidents } from '../views/trigger-view.ts'

interface Options {
  readonly open?: boolean
  readonly all?: boolean
  readonly limit: number
}

export function addTriggers(program: Command, act: Act): void {
  const triggers = program
    .command('triggers')
    .description('list the incidents that sources speak of, the newest word first')
    .option('--open', 'only those that go on')
    .option('--limit <number>', 'at most this many', readLimit, 50)
    .option('--all', 'however many there are')
    .action(act(list))
  triggers
    .command('show')
    .description('show what a trigger says, and what was said and decided of its incident')
    .argument('<number>', 'of the trigger')
    .action(act(show))
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 on.')
  return Number(text)
}

async function list({ io, out, api }: Session, _: readonly string[], options: Options): Promise<ExitCode> {
  const most = options.all === true ? Number.POSITIVE_INFINITY : options.limit
  const { incidents, more } = await readPages(await api(), options.open === true, most)
  out.show(showIncidents(incidents, io.now))
  if (more) out.note(`more follow; say --limit ${options.limit * 10} or --all to see them`, 'dim')
  return EXIT.ok
}

/** The most that the API gives at once. */
const PAGE = 500

/** Pages through the API until there are enough, or no more. */
async function readPages(
  api: Api,
  open: boolean,
  most: number,
): Promise<{ readonly incidents: readonly Incident[]; readonly more: boolean }> {
  const incidents: Incident[] = []
  let before: number | undefined
  for (;;) {
    const page = await api.listTriggers({
      open: open ? 'true' : undefined,
      limit: String(Math.min(PAGE, most - incidents.length)),
      before: before === undefined ? undefined : String(before),
    })
    incidents.push(...page.incidents)
    before = page.next
    if (before === undefined || incidents.length >= most) return { incidents, more: before !== undefined }
  }
}

async function show({ out, api }: Session, [number = '']: readonly string[]): Promise<ExitCode> {
  if (!/^[1-9]\d{0,14}$/.test(number)) throw usage(`'${number}' is not a number of a trigger such as 17`)
  out.show(showIncident(await (await api()).showTrigger(Number(number))))
  return EXIT.ok
}
