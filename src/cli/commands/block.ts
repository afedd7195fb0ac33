import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Act } from '../act.ts'
import { CliError, EXIT, type ExitCode, interrupted, usage } from '../exit.ts'
import { follow, readWait, type WaitOptions } from '../follow.ts'
import type { Api } from '../http/api.ts'
import { Dropped } from '../http/connection.ts'
import type { Block, DryRun, NewBlock } from '../http/wire.ts'
import { type BlockOptions, COMPONENTS, readBlock } from '../input/block-options.ts'
import { Progress } from '../progress.ts'
import type { Session } from '../session.ts'
import { showBlock } from '../views/block-view.ts'
import { planText } from '../views/plan-view.ts'

interface Options extends BlockOptions, WaitOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export function addBlock(program: Command, act: Act): void {
  const command = program
    .command('block')
    .description('block a host, a department or a connection')
    .argument('<target>', 'an address, a prefix, department:NAME or connection:NAME')
    .optionsGroup('How long, and why:')
    .option('--for <duration>', 'such as 90s, 15m, 24h, 7d or 1h30m')
    .option('--until <time>', "RFC 3339, or '2026-11-20 18:00' or 18:00 in local time")
    .option('--permanent', 'until somebody releases it')
    .requiredOption('--reason <text>', 'one reason, for people')
    .option('--ticket <ticket>', 'such as RT#4711')
    .optionsGroup('What:')
    .option('--to', 'only traffic to the target')
    .option('--from', 'only traffic from the target')
    .option('--both', 'both; the default for own hosts (from, for outside ones)')
    .option('--rate-limit <rate>', 'let pass this many BYTES a second per router, such as 500k or 10M')
    .option('--scope <scope>', 'of a blackhole: local, region:NAME or upstream:NAME')
  addRareOptions(command)
  command.optionsGroup('Only these packets (RFC 8955):')
  for (const [name, value, words] of COMPONENTS) command.option(`--${name} <${value}>`, words)
  command
    .optionsGroup('How it is done:')
    .option('--dry-run', 'only show what it would become')
    .option('-y, --yes', 'do not ask; needed where nobody can be asked')
    .option('--wait <time>', 'until it is in force, at most this long', '10s')
    .option('--no-wait', 'return as soon as it is recorded')
    .action(act(block))
}

function addRareOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--collateral <list>',
        'permit devices that cannot be exact to hit more: whole-host, both-directions',
      ).argParser(readCollateral),
    )
    .addOption(
      new Option('--evidence <kind>', 'what the source address rests on').choices([
        'established',
        'spoofable',
      ]),
    )
    .option('--attack <name>', 'several victims of one attack count once for the breaker')
}

function readCollateral(text: string, before: readonly string[] = []): readonly string[] {
  const given = text.split(',')
  for (const one of given)
    if (one !== 'whole-host' && one !== 'both-directions')
      throw new InvalidArgumentError('Allowed are whole-host and both-directions.')
  return [...before, ...given]
}

async function block(
  session: Session,
  [target = '']: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { io, out } = session
  const request = readBlock(target, options, io.now())
  const waitMs = readWait(options)
  const api = await session.api()
  const plan = await api.dryRun(request)
  if (options.dryRun === true) {
    out.show({
      value: plan,
      text: (paint) => planText(plan, io.now, paint),
      names: () => [...new Set(plan.rules.map((rule) => rule.device))],
    })
    return plan.taken ? EXIT.ok : EXIT.refused
  }
  out.noteLines(planText(plan, io.now, out.paint))
  if (!plan.taken) throw new CliError(EXIT.refused, 'refused; nothing was blocked')
  if (options.yes !== true) await confirm(session, plan)
  const made = await create(api, request, io.unique())
  out.note(`${made.name} is recorded`)
  const seen = await follow(api, io, made, 'in-force', waitMs, new Progress(io, out.paint, 'in-force'))
  out.show(showBlock(seen, io.now))
  return waitMs === 0 ? EXIT.ok : judge(session, seen)
}

async function confirm({ io }: Session, plan: DryRun): Promise<void> {
  if (!io.canAsk) throw usage('nobody can be asked here: say --yes to do what is shown above')
  const devices = new Set(plan.rules.map((rule) => rule.device)).size
  const answer = await io.ask(
    `Block on ${devices} ${devices === 1 ? 'device' : 'devices'}? [y/N] `,
    io.signal,
  )
  if (io.signal.aborted) throw interrupted('interrupted; nothing was blocked')
  if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new CliError(EXIT.no, 'nothing was blocked')
}

async function create(api: Api, request: NewBlock, key: string): Promise<Block> {
  try {
    return await api.createBlock(request, key)
  } catch (error) {
    const unsure = error instanceof Dropped || (error instanceof CliError && error.exit === EXIT.interrupted)
    if (!unsure) throw error
    throw new CliError(
      error.exit,
      `${error.message}; whether the block was recorded is not known: look with cordon blocks --target ${request.target}`,
    )
  }
}

function judge({ out }: Session, { name, id, standing }: Block): ExitCode {
  if (standing === 'in-force') return EXIT.ok
  const why =
    standing === 'ended' || standing === 'leaving'
      ? 'was ended while this waited'
      : 'is not in force on every device yet; the controller goes on trying'
  out.note(`${name} ${why} (${standing}); look with: cordon show ${id}`, 'warn')
  return EXIT.partial
}
