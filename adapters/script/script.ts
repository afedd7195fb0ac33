import type { Clock } from '../../src/domain/clock.ts'
import type { Logger } from '../../src/domain/log.ts'
import { type AdapterEnv, AdapterError, type ErrorClass } from '../adapter.ts'
import type { Sight } from '../switching/panel.ts'
import { type ScriptConfig, timeoutOf } from './config.ts'
import { whyUntrusted } from './executable.ts'
import { maskOf } from './mask.ts'
import {
  BadAnswer,
  errorIn,
  PROTOCOL,
  type ReadRequest,
  type Request,
  readDocument,
  requireDone,
  sightsIn,
  type TurnRequest,
} from './protocol.ts'
import { type Ran, run } from './run.ts'
import { type Starter, starterFor } from './starter.ts'

const LONGEST_WORDS = 300

/** A site's own executable: each question is one start of it. */
export class Script {
  readonly #file: string
  readonly #starter: Starter
  readonly #secrets: Readonly<Record<string, string>>
  readonly #mask: (text: string) => string
  readonly #ms: number
  readonly #clock: Clock
  readonly #log: Logger

  private constructor(
    config: ScriptConfig,
    env: Pick<AdapterEnv, 'clock' | 'log'>,
    starter: Starter,
    secrets: Readonly<Record<string, string>>,
  ) {
    this.#file = config.command[0] ?? ''
    this.#starter = starter
    this.#secrets = secrets
    this.#mask = maskOf(Object.values(secrets))
    this.#ms = timeoutOf(config)
    this.#clock = env.clock
    this.#log = env.log
  }

  /** Reads what it needs; starts nothing of the site yet. @throws AdapterError */
  static async open(
    config: ScriptConfig,
    env: Pick<AdapterEnv, 'clock' | 'log' | 'runtimeFolder' | 'secret'>,
    signal: AbortSignal,
  ): Promise<Script> {
    const starter = await starterFor(config, env.runtimeFolder, signal)
    const secrets: Record<string, string> = {}
    for (const [name, reference] of Object.entries(config.secrets ?? {}))
      secrets[name] = await env.secret(reference)
    return new Script(config, env, starter, secrets)
  }

  /** Where each stands, by name. @throws AdapterError */
  async read(request: ReadRequest, signal: AbortSignal): Promise<ReadonlyMap<string, Sight>> {
    return this.#ask(request, signal, (answer) => this.#told(sightsIn(answer, request.who)))
  }

  /** @throws AdapterError of what it said itself, or because nobody knows what it has done */
  async turn(request: TurnRequest, signal: AbortSignal): Promise<void> {
    await this.#ask(request, signal, requireDone)
  }

  /** @throws AdapterError `untrusted` */
  async requireTrusted(): Promise<void> {
    const why = await whyUntrusted(this.#file, process.geteuid?.() ?? 0)
    if (why !== undefined) throw new AdapterError('auth', `it is not started: ${why}`, 'untrusted')
  }

  async #ask<T>(request: Request, signal: AbortSignal, take: (answer: object) => T): Promise<T> {
    await this.requireTrusted()
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
    const ran = await this.#start({ protocol: PROTOCOL, ...request, secrets: this.#secrets }, signal)
    const words = this.#words(ran.stderr)
    if (words !== '')
      this.#log.debug({ operation: request.operation, words }, 'the script has said something')
    const failure = failureOf(ran, this.#ms, words)
    if (failure !== undefined) throw failure
    try {
      const answer = readDocument(ran.stdout)
      const refusal = errorIn(answer)
      if (refusal !== undefined)
        throw new AdapterError(refusal.class ?? 'rejected', this.#words(refusal.error), 'script-error')
      return take(answer)
    } catch (error) {
      if (!(error instanceof BadAnswer)) throw error
      throw unreachable('bad-answer', this.#words(error.message), words)
    }
  }

  async #start(document: object, signal: AbortSignal): Promise<Ran> {
    const { clock, ms } = { clock: this.#clock, ms: this.#ms }
    try {
      return await run({ starter: this.#starter, input: `${JSON.stringify(document)}\n`, clock, ms, signal })
    } catch (error) {
      const words = this.#words(error instanceof Error ? error.message : String(error))
      const denied = /EACCES|EPERM/.test(words)
      throw new AdapterError(denied ? 'auth' : 'unreachable', `it cannot be started: ${words}`, 'not-started')
    }
  }

  #told(sights: ReadonlyMap<string, Sight>): ReadonlyMap<string, Sight> {
    const cleaned = (sight: Sight): Sight =>
      typeof sight === 'object' && 'absent' in sight ? { absent: this.#words(sight.absent) } : sight
    return new Map([...sights].map(([name, sight]) => [name, cleaned(sight)]))
  }

  /** The last line of a text, as people may read it. */
  #words(text: string): string {
    const lines = this.#mask(text).split('\n')
    const last = lines
      .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim())
      .findLast((line) => line !== '')
    return (last ?? '').slice(0, LONGEST_WORDS)
  }
}

function failureOf({ how }: Ran, ms: number, words: string): AdapterError | undefined {
  if (how === 'late')
    return new AdapterError('timeout', withWords(`it took longer than ${ms} ms and was ended`, words))
  if (how === 'given-up') return new AdapterError('timeout', 'the call was given up')
  if (how === 'too-long') return unreachable('answer-too-long', 'its answer was longer than 1 MiB', words)
  if ('signal' in how) return unreachable('script-failed', `it was ended by ${how.signal}`, words)
  return how.code === 0
    ? undefined
    : unreachable('script-failed', `it ended with exit code ${how.code}`, words)
}

function unreachable(code: string, what: string, words: string): AdapterError {
  const errorClass: ErrorClass = 'unreachable'
  return new AdapterError(errorClass, withWords(what, words), code)
}

function withWords(what: string, words: string): string {
  return words === '' ? what : `${what}: ${words}`
}
