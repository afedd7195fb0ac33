import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Session } from '../session.ts'
import { isAffected, showExplanation } from '../views/explain-view.ts'

export function addExplain(program: Command, act: Act): void {
  program
    .command('explain')
    .description('say what affects an address and why; exit 0 if something does, 1 if nothing')
    .argument('<address>', 'an address or a prefix')
    .action(act(explain))
}

async function explain(session: Session, [address = '']: readonly string[]): Promise<ExitCode> {
  const api = await session.api()
  const explanation = await api.explain(address)
  session.out.show(showExplanation(explanation, session.io.now))
  return isAffected(explanation) ? EXIT.ok : EXIT.no
}
