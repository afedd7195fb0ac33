import { Readable } from 'node:stream'
import type { Io, Sink } from '../../src/cli/io.ts'
import { run } from '../../src/cli/run.ts'

export interface HarnessOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly uid?: number
  /** Whether stdout, stderr and stdin are a terminal. */
  readonly tty?: boolean
  /** What the person types, a line a question; none of them is the end of input. */
  readonly answers?: readonly string[]
  /** What stands on standard input. */
  readonly input?: string | Uint8Array
  readonly signal?: AbortSignal
  readonly sleep?: Io['sleep']
  readonly now?: () => number
}

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  readonly questions: readonly string[]
}

/** Runs a command line in this process, with a terminal, a clock and an environment of its own. */
export async function cordon(line: readonly string[], options: HarnessOptions = {}): Promise<Ran> {
  const texts = { stdout: '', stderr: '' }
  const questions: string[] = []
  const answers = [...(options.answers ?? [])]
  const sink = (name: 'stdout' | 'stderr'): Sink => ({
    isTTY: options.tty ?? false,
    columns: options.tty === true ? 120 : undefined,
    write: (text) => {
      texts[name] += text
    },
  })
  const io: Io = {
    env: options.env ?? {},
    cwd: options.cwd ?? '/nowhere',
    uid: options.uid ?? process.getuid?.(),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    canAsk: options.tty ?? false,
    ask: (question) => {
      questions.push(question)
      return Promise.resolve(answers.shift())
    },
    now: options.now ?? (() => Date.now()),
    input: () => Readable.from([Buffer.from(options.input ?? '')]),
    sleep: options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20)))),
    unique: () => `key-${Math.random()}`,
    signal: options.signal ?? new AbortController().signal,
  }
  return { exit: await run(line, io), ...texts, questions }
}
