import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Api } from '../http/api.ts'
import { ApiProblem } from '../http/problem.ts'
import type { Block, Hits } from '../http/wire.ts'
import { requireNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showBlock } from '../views/block-view.ts'

export function addShow(program: Command, act: Act): void {
  program
    .command('show')
    .description('show one block and what each device holds of it')
    .argument('<number>', 'such as 1042 or Cordon#1042')
    .option('--history', 'what the ledger says of it, too')
    .action(act(show))
}

async function show(
  session: Session,
  [number = '']: readonly string[],
  { history }: { history?: boolean },
): Promise<ExitCode> {
  const id = requireNumber(number)
  const api = await session.api()
  const block = await api.showBlock(id)
  const events = history === true ? (await api.history(id)).events : undefined
  const hits = await knownHits(api, block)
  session.out.show(showBlock(block, session.io.now, { history: events, hits, advice: true }))
  return EXIT.ok
}

/** What is known of them without asking a device; a block is shown without when there is nothing to be had. */
async function knownHits(api: Api, { id, endedAt }: Block): Promise<Hits | undefined> {
  if (endedAt !== undefined) return undefined
  try {
    return await api.hits(id, false)
  } catch (error) {
    if (error instanceof ApiProblem) return undefined
    throw error
  }
}
