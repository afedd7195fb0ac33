import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'

export type NftProcess = ChildProcessByStdio<Writable, Readable, Readable>

/** Starts nft without a shell; in the named network namespace where one is given. */
export function startNft(namespace: string | undefined, args: readonly string[]): NftProcess {
  const [command, ...rest] = namespace === undefined ? ['nft'] : ['ip', 'netns', 'exec', namespace, 'nft']
  return spawn(command ?? 'nft', [...rest, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // An interactive nft writes what it was told, addresses and all, to ~/.nft.history: there is no such home.
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, HOME: '/dev/null', LC_ALL: 'C' },
  })
}

/** The last words on standard error, without the statement that nft repeats there. */
function nftWords(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? ''
  return line.replace(/^(?:\S+?:\d+:\d+-\d+: )?(?:Error: )?/, '').trim()
}

/** What an operator must do about nft's words. */
export function nftError(words: string): AdapterError {
  if (/ENOENT|exec of .* failed: No such file/.test(words)) {
    return new AdapterError('unreachable', 'nft (or ip, for a namespace) is not installed', 'binary-missing')
  }
  if (/Cannot open network namespace/.test(words)) {
    return new AdapterError('unreachable', words, 'namespace-missing')
  }
  if (/[Oo]peration not permitted|must be root|Permission denied|EACCES/.test(words)) {
    return new AdapterError('auth', words, 'no-rights')
  }
  if (/Cannot allocate memory|No buffer space|Too many open files in system|Message too long/.test(words)) {
    return new AdapterError('capacity', words)
  }
  return new AdapterError('rejected', words === '' ? 'nft ended without a word' : words)
}

/** How a process ended: `words` is its complaint, empty when it had none. */
export interface Ending {
  readonly code: number | null
  readonly words: string
}

/** Standard error, all of it, and how the process ended; never rejects. */
export function ending(child: NftProcess): Promise<Ending> {
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    if (text.length < 8192) text += more
  })
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, words: error.message }))
    child.on('close', (code) => resolve({ code, words: nftWords(text) }))
  })
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
  namespace: string | undefined,
  args: readonly string[],
  limit: { readonly clock: Clock; readonly ms: number; readonly signals: readonly AbortSignal[] },
  onText: (text: string) => void,
): Promise<void> {
  const child = startNft(namespace, args)
  const ended = ending(child)
  let givenUp = false
  const cancel = onGivenUp(limit.clock, limit.ms, limit.signals, () => {
    givenUp = true
    child.kill('SIGKILL')
  })
  try {
    child.stdin.on('error', () => {}).end()
    for await (const text of child.stdout.setEncoding('utf8')) {
      onText(text as string)
      await nextTurn()
    }
    const { code, words } = await ended
    if (givenUp) throw new AdapterError('timeout', 'nft did not list the table in time')
    if (code !== 0) throw nftError(words)
  } finally {
    cancel()
    child.kill('SIGKILL')
  }
}
