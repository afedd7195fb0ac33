import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { CliError, EXIT, type ExitCode } from '../exit.ts'
import type { Session } from '../session.ts'

export function addServe(program: Command, act: Act): void {
  program
    .command('serve')
    .description('run the controller on this machine')
    .option('--config <file>', 'the configuration', 'cordon.yaml')
    .action(act(run))
}

async function run({ io }: Session, _: readonly string[], { config }: { config: string }): Promise<ExitCode> {
  const { serve } = await import('../local/serve.ts')
  try {
    await serve({ config: resolve(io.cwd, config) })
    return EXIT.ok
  } catch (error) {
    // A wrong configuration, a taken port or a locked ledger explains itself; a fault of ours needs its stack.
    if (!(error instanceof Error) || FAULTS.has(error.name)) throw error
    throw new CliError(EXIT.failure, error.message)
  }
}

const FAULTS: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError', 'AssertionError'])
