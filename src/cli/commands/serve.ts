import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
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
  await serve({ config: resolve(io.cwd, config) })
  return EXIT.ok
}
