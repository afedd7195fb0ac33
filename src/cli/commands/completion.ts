import { Argument, type Command } from 'commander'
import type { Act } from '../act.ts'
import { completionScript, SHELLS, type Shell, wordsOf } from '../completion.ts'
import { EXIT } from '../exit.ts'

export function addCompletion(program: Command, act: Act): void {
  program
    .command('completion')
    .description('print a completion script: source <(cordon completion bash)')
    .addArgument(new Argument('<shell>', 'the shell that will read it').choices(SHELLS))
    .action(
      act(async ({ io }, [shell]) => {
        // A script is for a shell: there is no other form of it.
        io.stdout.write(completionScript(shell as Shell, wordsOf(program)))
        return Promise.resolve(EXIT.ok)
      }),
    )
}
