import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { requireNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showBlock } from '../views/block-view.ts'

export function addShow(program: Command, act: Act): void {
  program
    .command('show')
    .description('show one block and what each device holds of it')
    .argument('<number>', 'such as 1042 or Cordon#1042')
    .option('--history', 'what the ledger says of it, too')
    .action(act(show))
}

async function show(
  session: Session,
  [number = '']: readonly string[],
  { history }: { history?: boolean },
): Promise<ExitCode> {
  const id = requireNumber(number)
  const api = await session.api()
  const block = await api.showBlock(id)
  const events = history === true ? (await api.history(id)).events : undefined
  session.out.show(showBlock(block, session.io.now, events))
  return EXIT.ok
}
