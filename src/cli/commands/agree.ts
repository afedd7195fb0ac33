import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { confirm } from '../confirm.ts'
import { CliError, EXIT, type ExitCode, usage } from '../exit.ts'
import { follow, readWait, type WaitOptions } from '../follow.ts'
import type { Api } from '../http/api.ts'
import type { Block, Plan } from '../http/wire.ts'
import { blockNumber } from '../input/subject.ts'
import { listAll } from '../list.ts'
import { Progress } from '../progress.ts'
import type { Session } from '../session.ts'
import { blockText, showBlock, showBlocks } from '../views/block-view.ts'
import { planText } from '../views/plan-view.ts'
import { planInventory } from './inventory.ts'

interface ApproveOptions extends WaitOptions {
  readonly digest?: string
  readonly participant?: string
  readonly yes?: boolean
}

export function addAgree(program: Command, act: Act): void {
  program
    .command('proposals')
    .description('list the blocks that wait for the agreement of people')
    .action(act(list))
  program
    .command('plan')
    .description(
      'show what a block covers and becomes as things are now, or what another inventory would change',
    )
    .argument('[number]', 'such as 1042 or Cordon#1042')
    .option(
      '--inventory [file]',
      'in place of a number: a configuration to compare; else what would be read anew',
    )
    .action(act(plan))
  program
    .command('approve')
    .description('agree to a proposed block, for exactly the plan that is shown')
    .argument('<number>', 'such as 1042 or Cordon#1042')
    .option('--participant <text>', 'who at the participant of a connection agreed, when and how')
    .option('--digest <digest>', 'of the plan that you have seen; needed with --yes')
    .option('-y, --yes', 'do not ask; needed where nobody can be asked')
    .option('--wait <time>', 'until it is in force, at most this long', '10s')
    .option('--no-wait', 'return as soon as it is recorded')
    .action(act(approve))
  program
    .command('decline')
    .description('do not agree to a proposed block, which ends by that')
    .argument('<number>', 'such as 1042 or Cordon#1042')
    .option('--why <text>', 'for the record')
    .action(act(decline))
  program
    .command('propose')
    .description('propose anew what a block has become since it was proposed')
    .argument('<number>', 'such as 1042 or Cordon#1042')
    .option('--digest <digest>', 'of the plan that you have seen; needed with --yes')
    .option('-y, --yes', 'do not ask; needed where nobody can be asked')
    .action(act(propose))
}

async function list({ io, out, api }: Session): Promise<ExitCode> {
  const { blocks } = await listAll(await api(), { proposed: true }, Number.POSITIVE_INFINITY)
  out.show(showBlocks(blocks, { blocks }, io.now))
  return EXIT.ok
}

function numberOf(text: string): number {
  const number = blockNumber(text)
  if (number === undefined) throw usage(`'${text}' is not the number of a block, such as 1042 or Cordon#1042`)
  return number
}

async function plan(
  session: Session,
  [text]: readonly string[],
  { inventory }: { readonly inventory?: string | true },
): Promise<ExitCode> {
  if (inventory !== undefined) return planInventory(session, inventory === true ? undefined : inventory)
  if (text === undefined) throw usage('say which block, or --inventory FILE')
  const { io, out, api } = session
  const shown = await (await api()).plan(numberOf(text))
  out.show({
    value: shown,
    text: (paint) => planText(shown, io.now, paint),
    names: () => [...new Set(shown.rules.map((rule) => rule.device))],
  })
  return shown.taken ? EXIT.ok : EXIT.refused
}

async function approve(
  session: Session,
  [text = '']: readonly string[],
  options: ApproveOptions,
): Promise<ExitCode> {
  const { io, out } = session
  const id = numberOf(text)
  const waitMs = readWait(options)
  const api = await session.api()
  const digest = await seenDigest(session, api, id, options, 'Agree to this?')
  const { participant } = options
  const agreed = await api.approve(id, { digest, ...(participant === undefined ? {} : { participant }) })
  if (agreed.standing === 'proposed') {
    out.note(`you agree; ${agreed.name} waits for another person still`)
    out.show(showBlock(agreed, io.now))
    return EXIT.proposed
  }
  out.note(`${agreed.name} begins`)
  const seen = await follow(api, io, agreed, 'in-force', waitMs, new Progress(io, out.paint, 'in-force'))
  out.show(showBlock(seen, io.now))
  return waitMs === 0 || seen.standing === 'in-force' ? EXIT.ok : EXIT.partial
}

/** Shows what is agreed to, asks, and answers with the digest of exactly that. */
async function seenDigest(
  { io, out }: Session,
  api: Api,
  id: number,
  { digest, yes }: { readonly digest?: string; readonly yes?: boolean },
  question: string,
): Promise<string> {
  const [block, shown] = await Promise.all([api.showBlock(id), api.plan(id)])
  out.noteLines(`${blockText(block, io.now, out.paint)}\n${planText(shown, io.now, out.paint)}`)
  warnOfChange(out, block, shown)
  if (digest !== undefined && digest !== shown.digest)
    throw new CliError(EXIT.refused, `the plan shown above has the digest ${shown.digest}, not ${digest}`)
  if (yes === true) {
    if (digest === undefined)
      throw usage(`--yes needs --digest, as proof of what you have seen: ${shown.digest}`)
    return digest
  }
  if (!io.canAsk) throw usage(`nobody can be asked here: say --yes --digest ${shown.digest}`)
  await confirm(io, question)
  return shown.digest
}

function warnOfChange(out: Session['out'], { id, proposal }: Block, { digest }: Plan): void {
  if (proposal === undefined || proposal.digest === digest) return
  out.note(
    `the plan is not what was proposed any more; to propose it as it is now: cordon propose ${id}`,
    'warn',
  )
}

async function decline(
  { io, out, api }: Session,
  [text = '']: readonly string[],
  { why }: { readonly why?: string },
): Promise<ExitCode> {
  const declined = await (await api()).decline(numberOf(text), why)
  out.note(`${declined.name} is declined`)
  out.show(showBlock(declined, io.now))
  return EXIT.ok
}

async function propose(
  session: Session,
  [text = '']: readonly string[],
  options: Pick<ApproveOptions, 'digest' | 'yes'>,
): Promise<ExitCode> {
  const id = numberOf(text)
  const api = await session.api()
  const digest = await seenDigest(session, api, id, options, 'Propose this?')
  const proposed = await api.proposeAgain(id, digest)
  session.out.note(`${proposed.name} is proposed as it is now; others have to agree: cordon approve ${id}`)
  session.out.show(showBlock(proposed, session.io.now))
  return EXIT.proposed
}
