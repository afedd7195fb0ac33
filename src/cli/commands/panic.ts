import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { confirm } from '../confirm.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import { readSpan } from '../input/span.ts'
import { type Cell, renderFields } from '../output/table.ts'
import type { Session } from '../session.ts'
import { panicOnline } from './automation.ts'

interface Options {
  readonly reason: string
  readonly offline?: boolean
  readonly config: string
  readonly wait: string
  readonly yes?: boolean
}

export function addPanic(program: Command, act: Act): void {
  program
    .command('panic')
    .description('end every automatic block and freeze automation')
    .requiredOption('--reason <text>', 'for people')
    .option(
      '--offline',
      'without the API: stops the controller on this machine, records, and tells the devices',
    )
    .option('--config <file>', 'the configuration, for --offline', 'cordon.yaml')
    .option('--wait <time>', 'how long --offline waits for the devices', '60s')
    .option('-y, --yes', 'do not ask; needed where nobody can be asked')
    .action(act(panic))
}

async function panic(session: Session, _: readonly string[], options: Options): Promise<ExitCode> {
  if (options.offline !== true) return panicOnline(session, options)
  const { io, out } = session
  const config = resolve(io.cwd, options.config)
  const deadline = readSpan(options.wait, '--wait')
  if (options.yes !== true) {
    if (!io.canAsk) throw usage('nobody can be asked here: say --yes')
    await confirm(io, 'Stop the controller and end every automatic block?', 'nothing was ended')
  }
  const { panicWithout } = await import('../local/panic.ts')
  const done = await panicWithout({ config, reason: options.reason, deadline, say: (line) => out.note(line) })
  out.show({
    value: done,
    names: () => done.devices.map(({ device }) => device),
    text: (paint) =>
      renderFields(
        done.devices.map(({ device, done: gone, words }): [string, Cell] => [
          device,
          { text: gone ? `withdrawn; ${words}` : `not done: ${words}`, style: gone ? 'good' : 'bad' },
        ]),
        paint,
      ),
  })
  out.note('automation is frozen; start the controller, look, and say: cordon thaw')
  return done.devices.every((one) => one.done) ? EXIT.ok : EXIT.partial
}
