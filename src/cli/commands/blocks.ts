import { type Command, Option } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { readLimit } from '../input/limit.ts'
import { type BlockFilter, listAll } from '../list.ts'
import type { Session } from '../session.ts'
import { showBlocks } from '../views/block-view.ts'

interface Options extends Omit<BlockFilter, 'active'> {
  readonly active?: boolean
  readonly ended?: boolean
  readonly limit: number
}

export function addBlocks(program: Command, act: Act): void {
  program
    .command('blocks')
    .description('list the active blocks, newest first')
    .option('--target <target>', 'those that share an address with this, or are on this name')
    .option('--active', 'active blocks; the default')
    .option('--ended', 'blocks that have ended and are remembered; with --active, both')
    .addOption(new Option('--origin <kind>', 'who asked for them').choices(['person', 'automatic']))
    .option('--ticket <ticket>', 'those with this ticket')
    .option('--limit <number>', 'at most this many', readLimit, 50)
    .action(act(blocks))
}

async function blocks({ io, out, api }: Session, _: readonly string[], options: Options): Promise<ExitCode> {
  const { target, origin, ticket, limit } = options
  const both = options.active === true && options.ended === true
  const filter: BlockFilter = {
    ...(target === undefined ? {} : { target }),
    ...(origin === undefined ? {} : { origin }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(both ? {} : { active: options.ended !== true }),
  }
  const found = await listAll(await api(), filter, limit)
  out.show(showBlocks(found.blocks, { blocks: found.blocks }, io.now))
  if (found.more) out.note(`more follow; say --limit ${limit * 10} to see them`, 'dim')
  return EXIT.ok
}
