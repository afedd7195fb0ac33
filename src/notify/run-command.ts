import { spawn } from 'node:child_process'
import type { Clock } from '../domain/clock.ts'

/** A site's own executable with its arguments. */
export type Command = readonly [string, ...string[]]

export interface RunOptions {
  readonly command: Command
  /** What it reads on standard input. */
  readonly input: string
  /** It is killed after this, in milliseconds. */
  readonly timeout: number
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  /** Kills it when aborted. */
  readonly signal: AbortSignal
}

/** How it ended: nothing when it ended well, else why and its own words. */
export type RunFailure = string | undefined

/** Of its output so many characters are kept; it may write more. */
const MOST_OUTPUT = 1_000

/** How long its output may come after its end, in milliseconds: what it started may hold it open for ever. */
const LAST_OUTPUT = 100

/** Runs a command without a shell, in bounded time. What it leaves running when time is up is killed with it. */
export function runCommand({ command, input, timeout, env, clock, signal }: RunOptions): Promise<RunFailure> {
  const [file, ...rest] = command
  return new Promise((resolve) => {
    // A group of its own, so that all of it can be killed.
    const child = spawn(file, rest, { shell: false, detached: true, env, stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: Buffer): void => {
      output = `${output}${chunk.toString('utf8')}`.slice(0, MOST_OUTPUT)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    // It need not read what it is told.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    let why: string | undefined
    const kill = (words: string): void => {
      why ??= words
      if (child.pid !== undefined) killGroup(child.pid)
    }
    const late = clock.after(timeout, () => kill(`it took longer than ${timeout / 1_000} s`))
    const abort = (): void => kill('the controller ends')
    const done = (words: string | undefined): void => {
      late()
      signal.removeEventListener('abort', abort)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve(words === undefined || output === '' ? words : `${words}: ${output.trim()}`)
    }
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    child.once('error', (error) => done(error.message))
    child.once('exit', (code, killed) => {
      const words = why ?? (code === 0 ? undefined : `it ended with ${killed ?? `exit code ${code}`}`)
      clock.after(LAST_OUTPUT, () => done(words))
    })
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}
