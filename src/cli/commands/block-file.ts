import { exitOf, type Sent, sendBatches, type Wanted } from '../batches.ts'
import { confirm } from '../confirm.ts'
import { CliError, type ExitCode, usage } from '../exit.ts'
import type { Api } from '../http/api.ts'
import { ApiProblem } from '../http/problem.ts'
import type { Plan } from '../http/wire.ts'
import { type BlockOptions, readBlock } from '../input/block-options.ts'
import { fileName, readText } from '../input/file.ts'
import { MOST_LINES, readTargetLines, splitLines, type TargetLine } from '../input/target-lines.ts'
import { renderFields } from '../output/table.ts'
import type { Session } from '../session.ts'
import { showBulk, spanOf } from '../views/bulk-view.ts'
import { untilText } from '../views/plan-view.ts'
import { noteNear } from '../views/quota-view.ts'
import { actionText, matchText } from '../views/spec.ts'

/** Options of `cordon block`; each holds for every line. */
export interface FileOptions extends Omit<BlockOptions, 'reason'> {
  readonly reason?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly wait?: string | false
}

/** Faults that are listed before the rest is counted. */
const MOST_FAULTS = 20

/** Blocks the targets of a file, each line with an answer of its own; nothing when a line cannot be read. */
export async function blockFile(session: Session, file: string, options: FileOptions): Promise<ExitCode> {
  const { io, out } = session
  refuseOptions(session, file, options)
  const now = io.now()
  const common = readBlock('', { ...options, reason: '' }, now)
  const lines = readLines(session, file, await readText(file, io), options.reason)
  const wanted = lines.map((line) => ({
    line,
    block: { ...common, target: line.target, reason: line.reason },
  }))
  const api = await session.api()
  await check(session, api, file, wanted, options)
  const sent = await sendBatches(api, io, wanted, {
    answered: (count) => {
      if (count < wanted.length) out.note(`${count} of ${wanted.length} answered`)
    },
    stopping: () =>
      out.note('stopping after the answer that is under way; Ctrl-C again does not wait', 'warn'),
  })
  out.show(showBulk(sent.outcomes))
  noteNear(out, sent.near, io.now)
  return tell(session, sent, options)
}

function refuseOptions({ io }: Session, file: string, { dryRun, wait, yes }: FileOptions): void {
  if (dryRun === true) throw usage('--dry-run takes one target, not --file: try single lines of the file')
  if (typeof wait === 'string')
    throw usage('--wait takes one target, not --file: look afterwards with cordon blocks')
  if (yes === true) return
  if (file === '-') throw usage('nobody can be asked, as standard input has the targets: say --yes')
  if (!io.canAsk) throw usage('nobody can be asked here: say --yes to block what the file lists')
}

/** @throws CliError after the lines that cannot be read were listed */
function readLines(
  { out }: Session,
  file: string,
  text: string,
  reason: string | undefined,
): readonly TargetLine[] {
  const name = fileName(file)
  const texts = splitLines(text)
  if (texts.length > MOST_LINES)
    throw usage(`${name} has ${texts.length} lines; at most ${MOST_LINES} are taken at once: split it`)
  const { lines, faults } = readTargetLines(texts, reason)
  for (const { line, words } of faults.slice(0, MOST_FAULTS)) out.note(`${name}:${line}: ${words}`, 'bad')
  if (faults.length > MOST_FAULTS) out.note(`and ${faults.length - MOST_FAULTS} more`, 'bad')
  if (faults.length > 0)
    throw usage(
      `${faults.length} ${faults.length === 1 ? 'line' : 'lines'} of ${name} cannot be used; nothing was sent`,
    )
  if (lines.length === 0) throw usage(`${name} has no targets; write one a line`)
  return lines
}

/** The first line is tried dry: what is wrong with the options, or the token, is known before anything is sent. */
async function check(
  { io, out }: Session,
  api: Api,
  file: string,
  wanted: readonly Wanted[],
  options: FileOptions,
): Promise<void> {
  const [first] = wanted
  if (first === undefined) return
  const plan = await tryFirst(api, file, first)
  out.noteLines(
    renderFields(
      [
        ['would', `${actionText(plan.action)}, for each of ${countText(wanted.length)}`],
        ['way', wayText(first)],
        ['only', matchText(plan.match) || undefined],
        ['scope', plan.scope === 'local' ? undefined : plan.scope],
        ['until', untilText(plan.until, io.now)],
      ],
      out.paint,
    ),
  )
  if (options.yes !== true) await confirm(io, `Block ${countText(wanted.length)}?`)
}

async function tryFirst(api: Api, file: string, { line, block }: Wanted): Promise<Plan> {
  try {
    return await api.dryRun(block)
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 400) throw error
    throw new CliError(error.exit, `${fileName(file)}:${line.line}: ${error.message}; nothing was sent`)
  }
}

function wayText({ block: { direction } }: Wanted): string {
  if (direction === undefined) return 'to and from own hosts; from outside ones'
  return direction === 'both' ? 'to and from' : direction
}

function countText(count: number): string {
  return `${count} ${count === 1 ? 'target' : 'targets'}`
}

/** @throws CliError when the sending stopped, with what is not known */
function tell({ out }: Session, sent: Sent, { ticket }: FileOptions): ExitCode {
  const { outcomes, stop } = sent
  const list = ticket === undefined ? 'cordon blocks' : `cordon blocks --ticket '${ticket}'`
  if (outcomes.some(({ outcome }) => outcome === 'recorded'))
    out.note(`recorded; this does not wait for the devices: see how far they are with ${list}`)
  if (stop === undefined) return exitOf(sent)
  const unknown = outcomes.filter(({ outcome }) => outcome === 'unknown')
  const left = outcomes.filter(({ outcome }) => outcome === 'left')
  const words = [
    stop.message,
    ...(unknown.length === 0
      ? []
      : [
          `whether ${spanOf(unknown)} ${unknown.length === 1 ? 'is' : 'are'} recorded is not known: look with cordon blocks --target ${unknown[0]?.target}`,
        ]),
    ...(left.length === 0 ? [] : [`nothing of ${spanOf(left)} is recorded`]),
  ]
  throw new CliError(stop.exit, words.join('; '))
}
