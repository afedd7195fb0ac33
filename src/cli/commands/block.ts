import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Act } from '../act.ts'
import { confirm } from '../confirm.ts'
import { CliError, EXIT, type ExitCode, usage } from '../exit.ts'
import { follow, readWait } from '../follow.ts'
import type { Api } from '../http/api.ts'
import { Dropped } from '../http/connection.ts'
import type { Block, NewBlock, Plan } from '../http/wire.ts'
import { CATEGORIES, COMPONENTS, readBlock } from '../input/block-options.ts'
import { Progress } from '../progress.ts'
import type { Session } from '../session.ts'
import { showBlock } from '../views/block-view.ts'
import { planText } from '../views/plan-view.ts'
import { noteNear } from '../views/quota-view.ts'
import { blockFile, type FileOptions } from './block-file.ts'

interface Options extends FileOptions {
  readonly file?: string
}

const WAIT = '10s'

export function addBlock(program: Command, act: Act): void {
  const command = program
    .command('block')
    .description('block a host, a department or a connection, or all that a file lists')
    .argument('[target]', 'an address, a prefix, department:NAME or connection:NAME')
    .option('--file <file>', 'instead: one target a line, then its reason if it has its own; - is stdin')
    .optionsGroup('How long, and why:')
    .option('--for <duration>', 'such as 90s, 15m, 24h, 7d or 1h30m')
    .option('--until <time>', "RFC 3339, or '2026-11-20 18:00' or 18:00 in local time")
    .option('--permanent', 'until somebody releases it')
    .option('--reason <text>', 'one reason, for people; needed unless every line of --file has its own')
    .option('--ticket <ticket>', 'such as RT#4711')
    .addOption(new Option('--category <category>', 'what happened').choices(CATEGORIES))
    .optionsGroup('What:')
    .option('--to', 'only traffic to the target')
    .option('--from', 'only traffic from the target')
    .option('--both', 'both; the default for own hosts (from, for outside ones)')
    .option('--rate-limit <rate>', 'let pass this many BYTES a second per router, such as 500k or 10M')
    .option('--redirect <place>', 'send it to a place that the site lists')
    .option('--mark <dscp>', 'let it pass with this DSCP, 0 to 63')
    .option('--drop', 'of a station: end its sessions, where quarantine is not enough')
    .option('--quarantine', 'of a host: put the station that has its address in quarantine, too')
    .option('--scope <scope>', 'of a blackhole: local, region:NAME or upstream:NAME')
  addRareOptions(command)
  command.optionsGroup('Only these packets (RFC 8955):')
  for (const [name, value, words] of COMPONENTS) command.option(`--${name} <${value}>`, words)
  command
    .optionsGroup('How it is done:')
    .option('--dry-run', 'only show what it would become')
    .option('--break-glass', 'begin at once, for a short time, what others must agree to; pages them')
    .option('-y, --yes', 'do not ask; needed where nobody can be asked')
    .option('--wait <time>', `until it is in force, at most this long (default: ${WAIT})`)
    .option('--no-wait', 'return as soon as it is recorded')
    .action(act(block))
}

function addRareOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--collateral <list>',
        'permit devices that cannot be exact to hit more: whole-host, both-directions, fragments, reachable-too; or none',
      ).argParser(readCollateral),
    )
    .addOption(
      new Option('--evidence <kind>', 'what the source address rests on').choices([
        'established',
        'spoofable',
      ]),
    )
    .option('--attack <name>', 'several victims of one attack count once for the breaker')
    .option(
      '--detected-at <time>',
      'when it was seen, or how long ago: whoever had the address then is meant',
    )
    .option('--clock-error <duration>', 'how wrong the clock may be that says so, such as 5s')
    .option('--detected-port <number>', 'the port that was seen, where users share an address')
}

const COLLATERAL = ['whole-host', 'both-directions', 'fragments', 'reachable-too']

function readCollateral(text: string, before: readonly string[] = []): readonly string[] {
  const given = text.split(',')
  if (text === 'none') return []
  for (const one of given)
    if (!COLLATERAL.includes(one))
      throw new InvalidArgumentError(`Allowed are ${COLLATERAL.join(', ')}, or none.`)
  return [...before, ...given]
}

async function block(session: Session, [target]: readonly string[], options: Options): Promise<ExitCode> {
  const { file, reason } = options
  if (target !== undefined && file !== undefined) throw usage('give a target or --file, not both')
  if (file !== undefined) return blockFile(session, file, options)
  if (target === undefined) throw usage('say what to block: a target, or --file FILE with one a line')
  if (reason === undefined) throw usage('say why: --reason TEXT')
  return blockOne(session, readBlock(target, { ...options, reason }, session.io.now()), options)
}

async function blockOne(session: Session, request: NewBlock, options: Options): Promise<ExitCode> {
  const { io, out } = session
  const waitMs = readWait({ wait: options.wait ?? WAIT })
  const api = await session.api()
  const plan = await api.dryRun(request)
  if (options.dryRun === true) {
    out.show({
      value: plan,
      text: (paint) => planText(plan, io.now, paint),
      names: () => [...new Set(plan.rules.map((rule) => rule.device))],
    })
    noteNear(out, plan.near, io.now)
    return plan.taken ? EXIT.ok : EXIT.refused
  }
  out.noteLines(planText(plan, io.now, out.paint))
  noteNear(out, plan.near, io.now)
  if (!plan.taken) throw new CliError(EXIT.refused, 'refused; nothing was blocked')
  if (options.yes !== true) await ask(session, plan)
  const made = await create(api, request, io.unique())
  if (made.standing === 'proposed') return proposed(session, made)
  out.note(`${made.name} is recorded`)
  const seen = await follow(api, io, made, 'in-force', waitMs, new Progress(io, out.paint, 'in-force'))
  out.show(showBlock(seen, io.now))
  return waitMs === 0 ? EXIT.ok : judge(session, seen)
}

function proposed({ io, out }: Session, made: Block): ExitCode {
  out.note(`${made.name} waits for another person: cordon approve ${made.id}`, 'warn')
  out.show(showBlock(made, io.now))
  return EXIT.proposed
}

async function ask({ io }: Session, plan: Plan): Promise<void> {
  if (!io.canAsk) throw usage('nobody can be asked here: say --yes to do what is shown above')
  const devices = new Set(plan.rules.map((rule) => rule.device)).size
  await confirm(io, `Block on ${devices} ${devices === 1 ? 'device' : 'devices'}?`)
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
