import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Clock } from '../../src/domain/clock.ts'
import type { Starter } from './starter.ts'

/** The longest answer, and how much of its last words is kept. */
const LONGEST_ANSWER_BYTES = 1024 * 1024
const MOST_WORDS_BYTES = 64 * 1024
/** Between asking it to end and ending it, and from then until nobody waits for it any more. */
const GRACE_MS = 1_000

export interface RunOptions {
  readonly starter: Starter
  readonly input: string
  readonly clock: Clock
  /** How long it may take. */
  readonly ms: number
  readonly signal: AbortSignal
}

/** `late`, `given-up` and `too-long`: it was ended, for that. */
export interface Ran {
  readonly how: 'late' | 'given-up' | 'too-long' | { readonly code: number } | { readonly signal: string }
  readonly stdout: Buffer
  /** The last of what it said there. */
  readonly stderr: string
}

/**
 * Starts it once, in a process group of its own, and resolves when it has ended or was ended, with all that it had
 * started. @throws Error when it cannot be started
 */
export function run(options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const { file, args, cwd, env } = options.starter
    const child = spawn(file, args, { cwd, env, detached: true, stdio: 'pipe' })
    child.once('error', reject)
    // One that could not be started has neither a number nor, for some reasons, any streams.
    if (child.pid !== undefined) new Running(child, child.pid, options, resolve)
  })
}

class Running {
  readonly #child: ChildProcessWithoutNullStreams
  /** Of its group, too. */
  readonly #pid: number
  readonly #options: RunOptions
  readonly #resolve: (ran: Ran) => void
  readonly #stdout: Buffer[] = []
  #length = 0
  #stderr = Buffer.alloc(0)
  #isCut = false
  #how: Ran['how'] | undefined
  #cancel: () => void

  constructor(
    child: ChildProcessWithoutNullStreams,
    pid: number,
    options: RunOptions,
    resolve: (ran: Ran) => void,
  ) {
    this.#child = child
    this.#pid = pid
    this.#options = options
    this.#resolve = resolve
    this.#cancel = options.clock.after(options.ms, () => this.#end('late'))
    child.stdout.on('data', (more: Buffer) => this.#hear(more))
    child.stderr.on('data', (more: Buffer) => this.#hearWords(more))
    child.once('exit', (code, signal) => this.#exited(code, signal))
    child.once('close', () => this.#settle())
    // It need not read what it is told.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input)
    options.signal.addEventListener('abort', this.#abort, { once: true })
    if (options.signal.aborted) this.#abort()
  }

  readonly #abort = (): void => this.#end('given-up')

  #hear(more: Buffer): void {
    this.#length += more.length
    if (this.#length <= LONGEST_ANSWER_BYTES) this.#stdout.push(more)
    else this.#end('too-long')
  }

  #hearWords(more: Buffer): void {
    const all = Buffer.concat([this.#stderr, more])
    this.#isCut ||= all.length > MOST_WORDS_BYTES
    this.#stderr = all.subarray(Math.max(0, all.length - MOST_WORDS_BYTES))
  }

  #end(how: 'late' | 'given-up' | 'too-long'): void {
    if (this.#how !== undefined) return
    this.#how = how
    this.#kill('SIGTERM')
    this.#kill('SIGCONT')
    this.#wait(() => {
      this.#kill('SIGKILL')
      this.#wait(() => this.#settle())
    })
  }

  /** What it has left running ends with it, and what has hold of its output in spite of that is not waited for. */
  #exited(code: number | null, signal: string | null): void {
    this.#how ??= code === null ? { signal: signal ?? 'a signal' } : { code }
    this.#kill('SIGKILL')
    this.#wait(() => this.#settle())
  }

  #wait(then: () => void): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(GRACE_MS, then)
  }

  #kill(name: NodeJS.Signals): void {
    try {
      process.kill(-this.#pid, name)
    } catch {
      // Nobody is there any more.
    }
  }

  #free(): void {
    this.#cancel()
    this.#options.signal.removeEventListener('abort', this.#abort)
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy()
  }

  #settle(): void {
    this.#free()
    const words = this.#stderr.toString('utf8')
    this.#resolve({
      how: this.#length > LONGEST_ANSWER_BYTES ? 'too-long' : (this.#how ?? 'given-up'),
      stdout: Buffer.concat(this.#stdout),
      // What is left of a line whose beginning is gone could be a part of anything.
      stderr: this.#isCut ? words.slice(words.indexOf('\n') + 1 || words.length) : words,
    })
  }
}
