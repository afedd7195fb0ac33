import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { confirm } from '../confirm.ts'
import { EXIT, type ExitCode, interrupted, usage } from '../exit.ts'
import type { Trial } from '../local/adapter-test.ts'
import type { TriedLaw } from '../local/contract-run.ts'
import { clean } from '../output/clean.ts'
import type { Session } from '../session.ts'

interface Options {
  readonly config?: string
  readonly user?: string
  readonly realm?: string
  readonly account: readonly string[]
  readonly yes?: boolean
}

export function addAdapter(program: Command, act: Act): void {
  const adapter = program.command('adapter').description('what drives devices, on this machine')
  adapter
    .command('test')
    .description(
      'hold an executable of yours to the contract, with test accounts that it locks; exit 1 if it breaks a law',
    )
    .argument('<kind>', 'script')
    .argument('<executable>', 'as the command of a device of this kind')
    .argument('[args...]', 'what it is given; behind -- where they begin with -')
    .option('--config <file>', "YAML: what stands below the device's config, without command and accounts")
    .option('--user <name>', 'as whom it is started; needed as root')
    .option('--realm <realm>', 'whose accounts these are, where --config does not say')
    .option(
      '--account <name>',
      'a test account; at least six, of which the last is never touched; contract0 to contract8 if left out',
      (name: string, names: readonly string[]) => [...names, name],
      [] as readonly string[],
    )
    .option('-y, --yes', 'do not ask; needed where nobody can be asked')
    .action(act(test))
}

async function test(
  session: Session,
  [kind = '', executable = '', ...args]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  if (kind !== 'script') throw usage(`there is no test for the kind '${kind}'; there is one for script`)
  const { io, out } = session
  const { readTrial } = await import('../local/adapter-test.ts')
  const trial = await readTrial({
    ...{ executable: resolve(io.cwd, executable), args, user: options.user, realm: options.realm },
    config: options.config === undefined ? undefined : resolve(io.cwd, options.config),
    accounts: options.account,
  })
  if (!(await isReady(session, trial))) return EXIT.no
  out.note(`It locks and unlocks, many times: ${trial.accounts.join(', ')}`)
  out.note(`It must never touch: ${trial.bystander}`)
  if (options.yes !== true) {
    if (!io.canAsk) throw usage('nobody can be asked here: say --yes')
    await confirm(io, 'Are these accounts for tests?', 'nothing was locked')
  }
  return tryOut(session, trial)
}

async function isReady({ io, out }: Session, trial: Trial): Promise<boolean> {
  const { checkTrial } = await import('../local/adapter-test.ts')
  const checks = await checkTrial(trial, io.env, io.signal)
  for (const { ok, words } of checks) out.note(`${ok ? 'ok    ' : 'not ok'} ${words}`, ok ? 'plain' : 'bad')
  const ready = checks.every(({ ok }) => ok)
  if (!ready) out.note('nothing was locked', 'bad')
  return ready
}

async function tryOut({ io, out }: Session, trial: Trial): Promise<ExitCode> {
  const [{ giveBack }, { runContract }] = await Promise.all([
    import('../local/adapter-test.ts'),
    import('../local/contract-run.ts'),
  ])
  const { laws, words } = await runContract(trial, io.env, io.signal, (law) =>
    out.note(lineOf(law), law.result === 'not ok' ? 'bad' : 'plain'),
  )
  const left = await giveBack(trial, io.env)
  if (left !== undefined) out.note(`test accounts may still be locked: ${left}`, 'bad')
  if (io.signal.aborted)
    throw interrupted(left === undefined ? 'interrupted; the test accounts are as they were' : 'interrupted')
  const broken = laws.filter(({ result }) => result === 'not ok')
  out.show({
    value: { laws },
    // Each law was told when it was decided: what is left to say is which it breaks.
    text: () => broken.map((law) => `${clean(lineOf(law))}\n`).join(''),
    names: () => broken.map(({ law }) => law),
  })
  if (laws.length === 0) throw usage(`the contract suite said nothing: ${words}`)
  const tried = laws.filter(({ result }) => result !== 'not tried').length
  const isGood = broken.length === 0
  out.note(`${tried} laws tried, ${broken.length} broken`, isGood ? 'good' : 'bad')
  return isGood ? EXIT.ok : EXIT.no
}

function lineOf({ law, result, words }: TriedLaw): string {
  const why = words.split('\n').find((line) => line.trim() !== '')
  return `${result.padEnd(9)} ${law}${why === undefined ? '' : `: ${why}`}`
}
