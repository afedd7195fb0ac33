import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import { type EndOptions, readEnds } from '../input/end.ts'
import { requireNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showBlock } from '../views/block-view.ts'

interface Options extends EndOptions {
  readonly reason?: string
  readonly ticket?: string
}

export function addAmend(program: Command, act: Act): void {
  program
    .command('amend')
    .description('change the end, the reason or the ticket of an active block')
    .argument('<number>', 'such as 1042 or Cordon#1042')
    .option('--for <duration>', 'from now, such as 24h')
    .option('--until <time>', "RFC 3339, or '2026-11-20 18:00' or 18:00 in local time")
    .option('--permanent', 'until somebody releases it')
    .option('--reason <text>', 'in place of the one it has')
    .option('--ticket <ticket>', 'in place of the one it has')
    .action(act(amend))
}

async function amend(
  session: Session,
  [number = '']: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const id = requireNumber(number)
  const { reason, ticket } = options
  const change = {
    ...readEnds(options, session.io.now()),
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
  }
  if (Object.keys(change).length === 0)
    throw usage('nothing to change: give --for, --until, --permanent, --reason or --ticket')
  const api = await session.api()
  const { version } = await api.showBlock(id)
  session.out.show(showBlock(await api.amendBlock(id, version, change), session.io.now))
  return EXIT.ok
}
