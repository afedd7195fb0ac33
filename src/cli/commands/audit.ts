import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Api } from '../http/api.ts'
import type { AuditEntry } from '../http/wire-audit.ts'
import { readLimit } from '../input/limit.ts'
import { readPast } from '../input/past.ts'
import { requireNumber } from '../input/subject.ts'
import { cleanQuoted } from '../output/clean.ts'
import type { Session } from '../session.ts'
import { showAudit } from '../views/audit-view.ts'

interface Options {
  readonly from?: string
  readonly to?: string
  readonly person?: string
  readonly token?: string
  readonly block?: string
  readonly kind?: string
  readonly target?: string
  readonly department?: string
  readonly before?: string
  readonly after?: string
  readonly limit: number
}

export function addAudit(program: Command, act: Act): void {
  program
    .command('audit')
    .description('who asked for what, who agreed, what was shown to them, and what happened')
    .option('--from <time>', 'not before this time, or not longer ago: 24h, 7d')
    .option('--to <time>', 'before this time, or longer ago')
    .option('--person <id>', 'done by this person, or about them')
    .option('--token <id>', 'done with this token, or about it')
    .option('--block <number>', 'about this block')
    .option(
      '--kind <kinds>',
      'types, and groups: blocks, agreement, inventory, automation, people, devices, reads, record; with commas between',
    )
    .option('--target <prefix>', 'about blocks that share an address with this')
    .option('--department <name>', 'about blocks of this department and in it')
    .option('--before <number>', 'newest first, those before this number')
    .option('--after <number>', 'oldest first, those behind this number; 0 for the first')
    .option('--limit <number>', 'at most this many', readLimit, 50)
    .action(act(audit))
}

async function audit({ io, out, api }: Session, _: readonly string[], options: Options): Promise<ExitCode> {
  if (options.before !== undefined && options.after !== undefined)
    throw usage('--before goes with newest first, --after with oldest first; give one of them')
  const { entries, next } = await readPages(await api(), queryOf(options, io.now()), options)
  if (out.format === 'json')
    for (const entry of entries) io.stdout.write(`${cleanQuoted(JSON.stringify(entry))}\n`)
  else out.show(showAudit(entries))
  if (next !== undefined)
    out.note(`more follow; go on with --${options.after === undefined ? 'before' : 'after'} ${next}`, 'dim')
  return EXIT.ok
}

type Query = Readonly<Record<string, string | undefined>>

function queryOf(options: Options, now: number): Query {
  const { person, token, kind, target, department } = options
  const time = (option: 'from' | 'to') =>
    options[option] === undefined ? undefined : readPast(options[option], `--${option}`, now)
  const block = options.block === undefined ? undefined : String(requireNumber(options.block))
  return { from: time('from'), to: time('to'), person, token, block, kind, target, department }
}

/** The most that the API gives at once. */
const PAGE = 500

/** Pages through the API until there are enough, or no more. */
async function readPages(
  api: Api,
  query: Query,
  { before, after, limit }: Pick<Options, 'before' | 'after' | 'limit'>,
): Promise<{ entries: readonly AuditEntry[]; next: number | undefined }> {
  const entries: AuditEntry[] = []
  const way = after === undefined ? 'before' : 'after'
  let at = after ?? before
  for (;;) {
    const page = await api.audit({
      ...query,
      limit: String(Math.min(PAGE, limit - entries.length)),
      [way]: at,
    })
    entries.push(...page.entries)
    if (page.next === undefined || entries.length >= limit) return { entries, next: page.next }
    at = String(page.next)
  }
}
