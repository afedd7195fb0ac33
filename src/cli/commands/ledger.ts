import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { renderFields } from '../output/table.ts'
import type { Session } from '../session.ts'

export function addLedger(program: Command, act: Act): void {
  const ledger = program.command('ledger').description('the record of decisions, on this machine')
  ledger
    .command('verify')
    .description('read the whole ledger and check it; exit 1 if it is damaged')
    .argument('[folder]', 'of the ledger', 'var/ledger')
    .action(act(verify))
}

async function verify({ io, out }: Session, [folder = 'var/ledger']: readonly string[]): Promise<ExitCode> {
  // Loaded when it is wanted: what a command does over HTTP should not read the ledger's code.
  const { verifyFolder } = await import('../local/ledger-verify.ts')
  const verdict = await verifyFolder(resolve(io.cwd, folder))
  out.show({
    value: verdict,
    names: () => [],
    text: (paint) =>
      renderFields(
        [
          ['ledger', verdict.folder],
          ['verdict', { text: verdict.words, style: verdict.sound ? 'good' : 'bad' }],
          ['read', verdict.read],
          ['checked', verdict.checked],
          ['last', verdict.last],
        ],
        paint,
      ),
  })
  return verdict.sound ? EXIT.ok : EXIT.no
}
