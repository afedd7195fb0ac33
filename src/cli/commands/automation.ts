import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { confirm } from '../confirm.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Automation } from '../http/wire-site.ts'
import type { Session } from '../session.ts'
import { automationText } from '../views/automation-view.ts'

interface Because {
  readonly reason: string
  readonly yes?: boolean
}

export function addAutomation(program: Command, act: Act): void {
  const automation = program
    .command('automation')
    .description('say whether machines may block and what stops them; exit 1 if anything does')
    .action(act(show))
  automation
    .command('reset')
    .description('close breakers that have tripped')
    .argument('[breaker]', 'all, source:TOKEN or department:NAME; every one when left out')
    .action(act(reset))
  automation
    .command('mute')
    .description('take nothing that a source asks for')
    .argument('<token>', 'its id (cordon token list)')
    .requiredOption('--reason <text>', 'for people')
    .action(act(mute))
  automation
    .command('unmute')
    .description('take what a source asks for again')
    .argument('<token>')
    .action(act(unmute))
  program
    .command('freeze')
    .description('take no automatic block any more; what is on stays')
    .requiredOption('--reason <text>', 'for people')
    .action(act(freeze))
  program.command('thaw').description('take automatic blocks again').action(act(thaw))
}

async function show({ io, out, api }: Session): Promise<ExitCode> {
  const automation = await (await api()).automation()
  tell({ io, out }, automation)
  return automation.stopped ? EXIT.no : EXIT.ok
}

function tell({ io, out }: Pick<Session, 'io' | 'out'>, automation: Automation): void {
  out.show({
    value: automation,
    text: (paint) => automationText(automation, io.now, paint),
    names: () => automation.breakers.map(({ breaker }) => breaker),
  })
}

async function reset(session: Session, [breaker]: readonly string[]): Promise<ExitCode> {
  tell(session, await (await session.api()).resetBreakers(breaker))
  return EXIT.ok
}

async function mute(
  session: Session,
  [token = '']: readonly string[],
  { reason }: Because,
): Promise<ExitCode> {
  tell(session, await (await session.api()).mute(token, reason))
  return EXIT.ok
}

async function unmute(session: Session, [token = '']: readonly string[]): Promise<ExitCode> {
  tell(session, await (await session.api()).unmute(token))
  return EXIT.ok
}

async function freeze(session: Session, _: readonly string[], { reason }: Because): Promise<ExitCode> {
  tell(session, await (await session.api()).freeze(reason))
  return EXIT.ok
}

async function thaw(session: Session): Promise<ExitCode> {
  tell(session, await (await session.api()).thaw())
  return EXIT.ok
}

/** Asks first, on a terminal; elsewhere `--yes` is wanted. */
export async function panicOnline(session: Session, { reason, yes }: Because): Promise<ExitCode> {
  const { io } = session
  const api = await session.api()
  if (yes !== true) {
    if (!io.canAsk) throw usage('nobody can be asked here: say --yes')
    const { blocks } = await api.automation()
    await confirm(io, `End all ${blocks} automatic blocks and freeze automation?`, 'nothing was ended')
  }
  tell(session, await api.panic(reason))
  return EXIT.ok
}
