import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { renderFields } from '../output/table.ts'
import type { Session } from '../session.ts'
import { tokenText } from '../views/token-view.ts'

export function addWhoami(program: Command, act: Act): void {
  program
    .command('whoami')
    .description('say who you are to the controller, and what you may do')
    .action(act(show))
}

async function show({ io, out, api }: Session): Promise<ExitCode> {
  const who = await (await api()).whoami()
  const { token, person, scopes, departments } = who
  out.show({
    value: who,
    names: () => [person?.id ?? token.id],
    text: (paint) =>
      renderFields(
        [
          [
            'person',
            person === undefined ? undefined : `${person.name} (${person.id}): ${person.roles.join(', ')}`,
          ],
          ['token', tokenText(token, io.now)],
          ['may', scopes.join(', ') || 'nothing'],
          ['bound to', departments?.join(', ')],
        ],
        paint,
      ),
  })
  return EXIT.ok
}
