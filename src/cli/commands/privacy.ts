import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { CliError, EXIT, type ExitCode } from '../exit.ts'
import { readPast } from '../input/past.ts'
import { cleanQuoted } from '../output/clean.ts'
import type { Session } from '../session.ts'
import { showRetention, showRetentionRun } from '../views/privacy-view.ts'

export function addPrivacy(program: Command, act: Act): void {
  const retention = program
    .command('retention')
    .description('say how long personal data is kept, and what went last')
    .action(act(show))
  retention
    .command('run')
    .description('erase personal data whose time is over, now')
    .option('--dry-run', 'erase nothing; say what would be')
    .action(act(run))
  program
    .command('export')
    .description('all that is held about somebody, as lines of JSON')
    .requiredOption('--about <whom>', 'an address, a prefix, or an account such as alice@campus.example')
    .option('--from <time>', 'not before this time, or not longer ago: 24h, 7d')
    .option('--to <time>', 'before this time, or longer ago')
    .action(act(exportSubject))
}

async function show({ out, api }: Session): Promise<ExitCode> {
  out.show(showRetention(await (await api()).privacy.retention()))
  return EXIT.ok
}

async function run(
  { out, api }: Session,
  _: readonly string[],
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<ExitCode> {
  out.show(showRetentionRun(await (await api()).privacy.runRetention(dryRun)))
  return EXIT.ok
}

interface Wanted {
  readonly about: string
  readonly from?: string
  readonly to?: string
}

async function exportSubject(
  { io, out, api }: Session,
  _: readonly string[],
  { about, ...times }: Wanted,
): Promise<ExitCode> {
  const time = (option: 'from' | 'to') =>
    times[option] === undefined ? undefined : readPast(times[option], `--${option}`, io.now())
  const text = await (await api()).privacy.subject({ about, from: time('from'), to: time('to') })
  const lines = text.split('\n').filter((line) => line !== '')
  if (!/^\{"end":true\b/.test(lines.at(-1) ?? ''))
    throw new CliError(EXIT.failure, 'the answer broke off, so it is not all; try again')
  for (const line of lines) io.stdout.write(`${cleanQuoted(line)}\n`)
  out.note('look it through before you hand it out: it may hold words about others')
  return EXIT.ok
}
