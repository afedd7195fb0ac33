import { CliError, EXIT, type ExitCode, interrupted } from './exit.ts'
import type { Api } from './http/api.ts'
import { NotSent } from './http/connection.ts'
import { ApiProblem, problemOf } from './http/problem.ts'
import type { BatchItem, NewBlock, Problem } from './http/wire.ts'
import type { Quota } from './http/wire-quota.ts'
import type { TargetLine } from './input/target-lines.ts'
import type { Io } from './io.ts'

/** A line and the block that it asks for. */
export interface Wanted {
  readonly line: TargetLine
  readonly block: NewBlock
}

/**
 * What became of a line: `proposed`, it is recorded and waits for agreement, `refused` by a guard, `failed` for another reason, `unknown` when its batch was sent and
 * no answer came, `left` when nothing of it is recorded because the sending stopped.
 */
export interface Outcome {
  readonly line: number
  readonly target: string
  readonly outcome: 'recorded' | 'proposed' | 'refused' | 'failed' | 'unknown' | 'left'
  readonly status?: number
  readonly id?: number
  readonly version?: number
  readonly problem?: Problem
  /** For people, where it is not recorded. */
  readonly why?: string
}

export interface Sent {
  /** In the order of the lines. */
  readonly outcomes: readonly Outcome[]
  /** Quotas that are nearly used up, by the last answer. */
  readonly near: readonly Quota[]
  /** Why not every batch was answered. */
  readonly stop?: CliError
}

/** Hears how it goes. */
export interface Watch {
  /** This many lines have their answer. */
  answered(count: number): void
  /** Ctrl-C came: the batch that is under way is waited for. */
  stopping(): void
}

const MOST_ITEMS = 1_000
/** The API's limit of a batch, less what is around the items. */
const MOST_BYTES = (4 << 20) - 1_024
/** After Ctrl-C, for the answer to the batch that is under way: without it nobody knows what became of a thousand lines. */
const GRACE = 5_000

/** In the order of the lines; every batch has at most 1,000 items and the bytes that the API takes. */
export function* batchesOf(wanted: readonly Wanted[]): Generator<readonly Wanted[]> {
  let batch: Wanted[] = []
  let bytes = 0
  for (const one of wanted) {
    const more = Buffer.byteLength(JSON.stringify(one.block)) + 1
    if (batch.length === MOST_ITEMS || (batch.length > 0 && bytes + more > MOST_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(one)
    bytes += more
  }
  if (batch.length > 0) yield batch
}

/**
 * Sends one batch after the other, each under a key of its own, and stops at the first that is not answered.
 * Ctrl-C lets the batch that is under way be answered.
 */
export async function sendBatches(api: Api, io: Io, wanted: readonly Wanted[], watch: Watch): Promise<Sent> {
  const outcomes: Outcome[] = []
  const near: Quota[] = []
  const patience = lastingPast(io, watch)
  try {
    for (const batch of batchesOf(wanted)) {
      const stop = io.signal.aborted
        ? { error: interrupted(), unknown: false }
        : await sendOne(api, io, batch, patience.signal, outcomes, near)
      if (stop !== undefined) {
        if (stop.unknown) outcomes.push(...batch.map(({ line }) => bare(line, 'unknown')))
        for (const { line } of wanted.slice(outcomes.length)) outcomes.push(bare(line, 'left'))
        return { outcomes, near, stop: stop.error }
      }
      watch.answered(outcomes.length)
    }
    return { outcomes, near }
  } finally {
    patience.end()
  }
}

/** A signal that comes some time after Ctrl-C. */
function lastingPast(io: Io, watch: Watch): { readonly signal: AbortSignal; end(): void } {
  const later = new AbortController()
  const onStop = (): void => {
    watch.stopping()
    void io.sleep(GRACE, later.signal).then(() => later.abort())
  }
  io.signal.addEventListener('abort', onStop, { once: true })
  return {
    signal: later.signal,
    end: () => {
      io.signal.removeEventListener('abort', onStop)
      later.abort()
    },
  }
}

interface Stop {
  readonly error: CliError
  /** Whether it is not known what became of the batch. */
  readonly unknown: boolean
}

/** Adds the answers to `outcomes`, and puts what they say of quotas into `near`. @returns why there were none */
async function sendOne(
  api: Api,
  io: Io,
  batch: readonly Wanted[],
  signal: AbortSignal,
  outcomes: Outcome[],
  near: Quota[],
): Promise<Stop | undefined> {
  let dropped = false
  const onDrop = (): void => {
    dropped = true
  }
  try {
    const blocks = batch.map(({ block }) => block)
    const answer = await api.createBlocks(blocks, io.unique(), { signal, onDrop })
    const { items } = answer
    near.splice(0, near.length, ...answer.near)
    for (const [index, { line }] of batch.entries()) outcomes.push(outcomeOf(line, items[index]))
    return undefined
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { error, unknown: dropped || !isUndone(error) }
  }
}

/** Whether an error says that nothing of the request was carried out. */
function isUndone(error: CliError): boolean {
  if (error instanceof NotSent) return true
  return error instanceof ApiProblem && (error.status < 500 || error.code === 'ledger-full')
}

function bare({ line, target }: TargetLine, outcome: Outcome['outcome']): Outcome {
  return { line, target, outcome }
}

function outcomeOf(line: TargetLine, item: BatchItem | undefined): Outcome {
  const { status = 0, id, version, wanted, problem } = item ?? {}
  if (status === 201 && id !== undefined)
    return {
      ...bare(line, wanted === 'proposed' ? 'proposed' : 'recorded'),
      status,
      id,
      ...(version === undefined ? {} : { version }),
    }
  const error = problemOf({ status, body: problem })
  return {
    ...bare(line, error.exit === EXIT.refused ? 'refused' : 'failed'),
    status,
    ...(problem === undefined ? {} : { problem }),
    why: whyOf(line, error),
  }
}

function whyOf({ target }: TargetLine, { code, message }: ApiProblem): string {
  // The first answer was lost, and the repeated one no longer says what was wrong.
  if (code === 'answered-before')
    return `not taken; why was lost with the connection, look with: cordon block ${target} --dry-run`
  return message.split('\n').join('; ')
}

/** What the command ends with. */
export function exitOf({ outcomes, stop }: Sent): ExitCode {
  if (stop !== undefined) return stop.exit
  if (outcomes.some(({ outcome }) => outcome === 'failed')) return EXIT.failure
  if (outcomes.some(({ outcome }) => outcome === 'refused')) return EXIT.refused
  return outcomes.some(({ outcome }) => outcome === 'proposed') ? EXIT.proposed : EXIT.ok
}
