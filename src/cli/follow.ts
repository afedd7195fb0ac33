import { CliError, EXIT, interrupted } from './exit.ts'
import type { Api } from './http/api.ts'
import type { Block } from './http/wire.ts'
import { readSpan } from './input/span.ts'
import type { Io } from './io.ts'
import type { Goal, Progress } from './progress.ts'

/** As commander gives `--wait TIME` and `--no-wait`. */
export interface WaitOptions {
  readonly wait: string | false
}

export function readWait({ wait }: WaitOptions): number {
  return wait === false ? 0 : readSpan(wait, '--wait')
}

/** One answer is held back this long at most, so that progress is seen. */
const SLICE = 1_000
/** Between answers that came at once. */
const PAUSE = 300

/** Watches a block until it has reached the goal, cannot, or the time is over. @returns how it stood last */
export async function follow(
  api: Api,
  io: Io,
  block: Block,
  goal: Goal,
  waitMs: number,
  progress: Progress,
): Promise<Block> {
  const end = io.now() + waitMs
  let seen = block
  if (waitMs > 0) progress.update(seen)
  for (;;) {
    const left = end - io.now()
    if (left <= 0 || isSettled(seen, goal)) return seen
    const asked = io.now()
    seen = await look(api, seen, goal, Math.min(left, SLICE))
    progress.update(seen)
    const took = io.now() - asked
    if (took < PAUSE && !isSettled(seen, goal)) await io.sleep(Math.min(PAUSE, left), io.signal)
  }
}

async function look(api: Api, block: Block, goal: Goal, ms: number): Promise<Block> {
  try {
    return await api.showBlock(block.id, ms)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    const what = goal === 'gone' ? `the release of ${block.name}` : block.name
    const known = `${what} is recorded and stands; look with: cordon show ${block.id}`
    if (error.exit === EXIT.interrupted) throw interrupted(`interrupted while waiting; ${known}`)
    throw new CliError(EXIT.partial, `${error.message}; ${known}`)
  }
}

/** A device that failed is tried again by the controller, but the others decide how long it is worth waiting. */
export function isSettled(block: Block, goal: Goal): boolean {
  if (block.standing === 'ended' || block.standing === 'proposed') return true
  if (goal === 'gone') return false
  if (block.standing === 'in-force' || block.standing === 'leaving') return true
  return block.holdings.length > 0 && block.holdings.every((one) => one.inForce || one.error !== undefined)
}
