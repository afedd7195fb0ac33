import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import { readLimit } from '../input/limit.ts'
import { readPast } from '../input/past.ts'
import { clean } from '../output/clean.ts'
import type { Session } from '../session.ts'
import { showReplay } from '../views/replay-view.ts'

interface Options {
  readonly from: string
  readonly to?: string
  readonly with: string
  readonly config: string
  readonly limit: number
}

export function addReplay(policy: Command, act: Act): void {
  policy
    .command('replay')
    .description(
      "decide about the ledger's triggers again by other policies, and say what would be other; changes nothing",
    )
    .requiredOption('--from <time>', 'triggers not before this time, or not longer ago: 24h, 7d')
    .option('--to <time>', 'before this time, or longer ago; now')
    .requiredOption('--with <folder>', 'the policies')
    .option('--config <file>', 'whose ledger, inventory, placements and limits', 'cordon.yaml')
    .option('--limit <number>', 'list at most this many differences in a table', readLimit, 50)
    .action(act(replay))
}

async function replay({ io, out }: Session, _: readonly string[], options: Options): Promise<ExitCode> {
  const from = readPast(options.from, '--from', io.now())
  const to =
    options.to === undefined ? new Date(io.now()).toISOString() : readPast(options.to, '--to', io.now())
  if (from >= to) throw usage(`--from ${from} has to be before --to ${to}`)
  const [config, policies] = [resolve(io.cwd, options.config), resolve(io.cwd, options.with)]
  // Loaded when it is wanted: what a command does over HTTP should not read the ledger's code.
  const { replayPolicies } = await import('../local/policy-replay.ts')
  const times = { from: Date.parse(from), to: Date.parse(to) }
  const replayed = await replayPolicies({ config, policies, ...times })
  if (!replayed.ok) {
    const { problems } = replayed
    out.show({
      value: { problems },
      names: () => [],
      text: () => problems.map((line) => `${clean(line)}\n`).join(''),
    })
    return EXIT.failure
  }
  const { ledger, report } = replayed
  out.show(showReplay({ from, to, policies, config }, ledger, report, options.limit))
  if (report.triggers.replayed === 0) out.note('no trigger was taken in this span', 'warn')
  return EXIT.ok
}
