import { type Command, Option } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Session } from '../session.ts'
import { showPublicStatistics, showStatistics } from '../views/statistics-view.ts'

interface Options {
  readonly from?: string
  readonly to?: string
  readonly by?: string
  readonly step?: string
  readonly csv?: boolean
  readonly public?: boolean
}

export function addStats(program: Command, act: Act): void {
  program
    .command('stats')
    .description('count blocks, requests, triggers and messages, and say how long things took')
    .option('--from <day>', 'first day in UTC, such as 2026-11-01; the last 30 days when left out')
    .option('--to <day>', 'last day; today when left out')
    .addOption(
      new Option('--by <what>', 'told apart by').choices([
        ...['department', 'category', 'origin', 'target', 'policy', 'action'],
      ]),
    )
    .addOption(new Option('--step <step>', 'a row for each').choices(['day', 'week', 'month']))
    .option('--csv', 'comma-separated values, with every number')
    .option('--public', 'what anybody may see: whole months, small counts withheld')
    .action(act(stats))
}

async function stats({ io, out, api }: Session, _: readonly string[], options: Options): Promise<ExitCode> {
  const { from, to, by, step } = options
  const isPublic = options.public === true
  if (isPublic && (by ?? step) !== undefined)
    throw usage('--public has months and groups of its own; leave --by and --step out')
  const client = await api()
  const query = { from, to, by, step }
  if (options.csv === true) io.stdout.write(await client.statisticsCsv(isPublic ? '/public' : '', query))
  else if (isPublic) out.show(showPublicStatistics(await client.publicStatistics(query)))
  else out.show(showStatistics(await client.statistics(query)))
  return EXIT.ok
}
