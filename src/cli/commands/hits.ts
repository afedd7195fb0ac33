import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { requireNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showHits } from '../views/hits-view.ts'

export function addHits(program: Command, act: Act): void {
  program
    .command('hits')
    .description('what the rules of a block have dropped or limited, asked of the devices now')
    .argument('<number>', 'such as 1042 or Cordon#1042')
    .action(act(hits))
}

async function hits({ io, out, api }: Session, [number = '']: readonly string[]): Promise<ExitCode> {
  const id = requireNumber(number)
  out.show(showHits(await (await api()).hits(id, true), io.now))
  return EXIT.ok
}
