import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'
import type { Ending, Place } from './place.ts'

/** The last words on standard error, without the statement that nft repeats there. */
function nftWords(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? ''
  return line.replace(/^(?:\S+?:\d+:\d+-\d+: )?(?:Error: )?/, '').trim()
}

/** What an operator must do about nft's words. */
export function nftError(words: string): AdapterError {
  if (/ENOENT|exec of .* failed: No such file|^sudo: .*command not found/.test(words)) {
    return new AdapterError('unreachable', 'nft (or ip, for a namespace) is not installed', 'binary-missing')
  }
  if (/Cannot open network namespace/.test(words)) {
    return new AdapterError('unreachable', words, 'namespace-missing')
  }
  if (
    /[Oo]peration not permitted|must be root|Permission denied|EACCES|^sudo: |may not run sudo|not allowed to execute/.test(
      words,
    )
  ) {
    return new AdapterError('auth', words, 'no-rights')
  }
  if (/Cannot allocate memory|No buffer space|Too many open files in system|Message too long/.test(words)) {
    return new AdapterError('capacity', words)
  }
  return new AdapterError('rejected', words === '' ? 'nft ended without a word' : words)
}

/** What an operator must do about how a process ended that should not have. */
export function endingError({ code, words, lost }: Ending): AdapterError {
  if (lost !== undefined) return lost
  // What a shell and env tell of a program that is not there (POSIX 2.8.2); nft itself ends with 0 or 1.
  if (code === 127) return new AdapterError('unreachable', words, 'binary-missing')
  return nftError(words)
}

/** Hears standard error; the returned function tells the complaint there, once it has ended. */
export function complaintOn(stderr: Readable): () => string {
  let text = ''
  stderr.setEncoding('utf8').on('data', (more: string) => {
    if (text.length < 8192) text += more
  })
  return () => nftWords(text)
}

/** Calls `run` once when the time is over or one of the signals is aborted; the returned function cancels it. */
export function onGivenUp(
  clock: Clock,
  ms: number,
  signals: readonly AbortSignal[],
  run: () => void,
): () => void {
  const cancel = (): void => {
    cancelTimer()
    for (const signal of signals) signal.removeEventListener('abort', done)
  }
  const done = (): void => {
    cancel()
    run()
  }
  const cancelTimer = clock.after(ms, done)
  for (const signal of signals) signal.addEventListener('abort', done, { once: true })
  if (signals.some((signal) => signal.aborted)) done()
  return cancel
}

/**
 * Runs nft once and hands over its output in pieces, with a turn for everything else after each.
 * @throws AdapterError when nft fails, takes longer than `ms`, or a signal is aborted
 */
export async function readNft(
  place: Pick<Place, 'start'>,
  args: readonly string[],
  limit: { readonly clock: Clock; readonly ms: number; readonly signals: readonly AbortSignal[] },
  onText: (text: string) => void,
): Promise<void> {
  const nft = place.start(args)
  let givenUp = false
  const cancel = onGivenUp(limit.clock, limit.ms, limit.signals, () => {
    givenUp = true
    nft.kill()
  })
  try {
    for await (const text of nft.stdout.setEncoding('utf8')) {
      onText(text as string)
      await nextTurn()
    }
    const end = await nft.ended
    if (givenUp) throw new AdapterError('timeout', 'nft did not list the table in time')
    if (end.code !== 0) throw endingError(end)
  } finally {
    cancel()
    nft.kill()
  }
}
