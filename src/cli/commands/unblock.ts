import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { CliError, EXIT, type ExitCode } from '../exit.ts'
import { follow, readWait, type WaitOptions } from '../follow.ts'
import type { Api } from '../http/api.ts'
import { ApiProblem } from '../http/problem.ts'
import type { Block } from '../http/wire.ts'
import { blockNumber, lengthOf } from '../input/subject.ts'
import { listAll } from '../list.ts'
import { Progress } from '../progress.ts'
import type { Session } from '../session.ts'
import { showBlocks } from '../views/block-view.ts'
import { specText } from '../views/spec.ts'

interface Options extends WaitOptions {
  readonly all?: boolean
  readonly why?: string
}

export function addUnblock(program: Command, act: Act): void {
  program
    .command('unblock')
    .description('release blocks, by their numbers or by their target')
    .argument('<target|number...>', 'such as 1042, Cordon#1042 or 192.0.2.7')
    .option('--all', 'every block of the target, where there are several')
    .option('--why <text>', 'for the record')
    .option('--wait <time>', 'until it is gone from every device, at most this long', '10s')
    .option('--no-wait', 'return as soon as it is recorded')
    .action(act(unblock))
}

async function unblock(session: Session, subjects: readonly string[], options: Options): Promise<ExitCode> {
  const waitMs = readWait(options)
  const api = await session.api()
  const numbers = new Set<number>()
  // Every target is looked up before the first release: what is not clear is asked about first.
  for (const subject of subjects) {
    const number = blockNumber(subject)
    if (number !== undefined) numbers.add(number)
    else for (const id of await numbersOf(session, api, subject, options)) numbers.add(id)
  }
  const { released, failed } = await releaseAll(session, api, numbers, options.why)
  const seen = await followAll(session, api, released, waitMs)
  if (seen.length > 0) session.out.show(showBlocks(seen, { blocks: seen }, session.io.now))
  const left = waitMs === 0 ? [] : seen.filter((block) => block.standing !== 'ended')
  for (const { name, id } of left)
    session.out.note(`${name} is not yet gone from every device; look with: cordon show ${id}`, 'warn')
  return failed ?? (left.length === 0 ? EXIT.ok : EXIT.partial)
}

/** A release that fails keeps no other from being done. */
async function releaseAll(
  { out }: Session,
  api: Api,
  numbers: Iterable<number>,
  why: string | undefined,
): Promise<{ released: Block[]; failed: ExitCode | undefined }> {
  const released: Block[] = []
  let failed: ExitCode | undefined
  for (const id of numbers) {
    try {
      released.push(await api.releaseBlock(id, why))
      out.note(`Cordon#${id} is released`)
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      out.note(`Cordon#${id} is not released: ${error.message}`, 'bad')
      failed = error.exit
    }
  }
  return { released, failed }
}

/** The active blocks that a target means: those on it or on a part of it, never one that restricts more. */
async function numbersOf(session: Session, api: Api, target: string, options: Options): Promise<number[]> {
  const { blocks } = await listAll(api, { target, active: true }, Number.POSITIVE_INFINITY)
  const wider = blocks.filter((block) => isWider(block.target, target))
  const meant = blocks.filter((block) => !wider.includes(block))
  for (const block of wider)
    session.out.note(`${block.name} stays, as it restricts more than ${target}: ${specText(block)}`, 'warn')
  if (meant.length === 0)
    throw new CliError(
      EXIT.no,
      `no active block on ${target}${wider.length > 0 ? '; what restricts more is released by its number' : ''}`,
    )
  if (meant.length > 1 && options.all !== true) {
    session.out.noteLines(listText(session, meant))
    throw new CliError(
      EXIT.failure,
      `${meant.length} blocks on ${target}, each for its own reason: name the numbers, or say --all`,
    )
  }
  return meant.map((block) => block.id)
}

/** Prefixes that share an address lie one in the other, so their lengths tell which is the wider. */
function isWider(blocked: string, target: string): boolean {
  const wanted = lengthOf(target)
  const given = lengthOf(blocked)
  return wanted !== undefined && given !== undefined && given < wanted
}

function listText({ out, io }: Session, blocks: readonly Block[]): string {
  return showBlocks(blocks, blocks, io.now).text(out.paint, false)
}

async function followAll(
  { io, out }: Session,
  api: Api,
  blocks: readonly Block[],
  waitMs: number,
): Promise<Block[]> {
  const end = io.now() + waitMs
  const seen: Block[] = []
  for (const block of blocks) {
    const left = waitMs === 0 ? 0 : Math.max(1, end - io.now())
    seen.push(await follow(api, io, block, 'gone', left, new Progress(io, out.paint, 'gone')))
  }
  return seen
}
