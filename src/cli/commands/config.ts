import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { clean } from '../output/clean.ts'
import type { Session } from '../session.ts'

export function addConfig(program: Command, act: Act): void {
  const config = program.command('config').description('the configuration, on this machine')
  config
    .command('check')
    .description('read a configuration and list what is wrong with it; exit 1 if anything is')
    .argument('[file]', 'the configuration', 'cordon.yaml')
    .action(act(check))
}

async function check({ io, out }: Session, [file = 'cordon.yaml']: readonly string[]): Promise<ExitCode> {
  const { checkConfig } = await import('../local/config-check.ts')
  const path = resolve(io.cwd, file)
  const { problems, summary } = await checkConfig(path)
  out.show({
    value: { file: path, problems },
    text: () => problems.map((problem) => `${clean(problem.text)}\n`).join(''),
    names: () => problems.map((problem) => `${problem.file}:${problem.line}:${problem.column}`),
  })
  out.note(summary, problems.length === 0 ? 'good' : 'bad')
  return problems.length === 0 ? EXIT.ok : EXIT.no
}
