import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Session } from '../session.ts'
import { showQuotas } from '../views/quota-view.ts'

interface Whose {
  readonly person?: string
  readonly token?: string
}

export function addQuota(program: Command, act: Act): void {
  program
    .command('quota')
    .description('say what you may block, and how much of that is used')
    .option('--person <id>', 'of a person (cordon people list); of others it needs a right')
    .option('--token <id>', 'of a token (cordon token list)')
    .action(act(show))
}

async function show(
  { io, out, api }: Session,
  _: readonly string[],
  { person, token }: Whose,
): Promise<ExitCode> {
  if (person !== undefined && token !== undefined) throw usage('give --person or --token, not both')
  out.show(showQuotas(await (await api()).quota({ person, token }), io.now))
  return EXIT.ok
}
