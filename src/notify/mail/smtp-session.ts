import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import SMTPConnection, { type SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection'
import type { Clock } from '../../domain/clock.ts'
import type { Composed } from './compose.ts'
import type { SmtpFailure, Stage } from './delivery.ts'

/** The server that takes our mail. */
export interface SmtpPlace {
  readonly host: string
  readonly port: number
  /** `starttls` is never less than TLS; `none` is for loopback, which the configuration sees to. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  /** PEM, read at each connection. */
  readonly caFile?: string
  /** The name that its certificate must have; left out: `host`. */
  readonly servername?: string
  readonly user?: string
  /** For each answer of the server, in milliseconds. */
  readonly timeout: number
}

export interface SessionEnv {
  readonly clock: Clock
  /** Read at each connection. Needed where there is a user. */
  readonly password?: () => Promise<string>
}

/** A try that ended before the server had taken the mail, or before it said so. */
export class SmtpTrouble extends Error {
  readonly failure: SmtpFailure
  readonly stage: Stage
  /** The whole mail had gone out. */
  readonly maybeTaken: boolean

  constructor(failure: SmtpFailure, stage: Stage, maybeTaken = false) {
    super(failure.message)
    this.failure = failure
    this.stage = stage
    this.maybeTaken = maybeTaken
  }
}

/** What the envelope, and the mail itself, may take, as a multiple of what one answer may. */
const ENVELOPE_ANSWERS = 4
const DATA_ANSWERS = 4
/** For the answer to the final dot: who waits less sends mails twice (RFC 1047; RFC 5321 §4.5.3.2.6). */
const FINAL_MS = 600_000

type Done<T> = (error?: Error | null, result?: T) => void

/** One connection to the server, logged in. Whatever goes wrong closes it. */
export class SmtpSession {
  readonly #connection: SMTPConnection
  readonly #clock: Clock
  readonly #timeout: number
  #broken: SmtpFailure | undefined
  #fail: ((error: SmtpFailure) => void) | undefined

  /** What must not appear in words. */
  secrets: readonly string[] = []

  private constructor(connection: SMTPConnection, { timeout }: SmtpPlace, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
    this.#timeout = timeout
    connection.on('error', (error: Error) => this.#break(error))
    // An error is told behind the end that it causes, and says more.
    connection.once('end', () =>
      setImmediate(() => this.#break(failure('ECONNECTION', 'the server ended the connection'))),
    )
  }

  /** @throws SmtpTrouble; Error when the CA file or the password cannot be read */
  static async open(place: SmtpPlace, env: SessionEnv, signal: AbortSignal): Promise<SmtpSession> {
    const { user } = place
    const password = user === undefined ? undefined : await env.password?.()
    const connection = new SMTPConnection(await optionsOf(place))
    const session = new SmtpSession(connection, place, env.clock)
    await session.#step('connect', place.timeout, signal, (done) => connection.connect(done))
    if (user !== undefined && password !== undefined) {
      session.secrets = [password, `\0${user}\0${password}`]
      const credentials = { user, pass: password }
      await session.#step('login', place.timeout, signal, (done) => connection.login({ credentials }, done))
    }
    return session
  }

  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  /** Whether the server is still there. */
  async isAlive(signal: AbortSignal): Promise<boolean> {
    if (this.isBroken) return false
    return this.#step('connect', this.#timeout, signal, (done) => this.#connection.reset(done)).then(
      () => true,
      () => false,
    )
  }

  /** @throws SmtpTrouble */
  async send({ from, to, bytes }: Composed, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
    const progress = { wholeMailGone: false }
    const body = Readable.from([bytes])
    return this.#step<SMTPConnectionSendInfo>(
      'mail',
      this.#timeout * ENVELOPE_ANSWERS,
      signal,
      (done, within) => {
        // The connection reads the mail when the server has said that it listens.
        body.once('data', () => within(this.#timeout * DATA_ANSWERS))
        body.once('end', () => {
          progress.wholeMailGone = true
          within(Math.max(FINAL_MS, this.#timeout))
        })
        body.pause()
        this.#connection.send({ from, to: [...to], size: bytes.length }, body, done)
      },
    ).catch((error: unknown) => {
      if (!(error instanceof SmtpTrouble)) throw error
      // What follows the end of the mail unanswered may have been taken.
      throw new SmtpTrouble(error.failure, 'mail', progress.wholeMailGone)
    })
  }

  /** Says goodbye without waiting for the answer. */
  end(): void {
    if (this.isBroken) return
    this.#connection.once(
      'end',
      this.#clock.after(this.#timeout, () => this.destroy()),
    )
    this.#connection.quit()
  }

  destroy(): void {
    this.#break(failure('ECONNECTION', 'the connection was given up'))
  }

  #break(error: SmtpFailure): void {
    this.#broken ??= error
    this.#connection.close()
    this.#fail?.(error)
  }

  /** Runs one step in bounded time. @param start is given a way to set another bound from now on */
  #step<T = unknown>(
    stage: Stage,
    ms: number,
    signal: AbortSignal,
    start: (done: Done<T>, within: (ms: number) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stop = (): void => this.#break(failure('ECONNECTION', 'Cordon is being stopped'))
      const late = (): void => this.#break(failure('ETIMEDOUT', 'the server did not answer in time'))
      let cancel = this.#clock.after(ms, late)
      const settle = (run: () => void): void => {
        cancel()
        this.#fail = undefined
        signal.removeEventListener('abort', stop)
        run()
      }
      this.#fail = (error) => settle(() => reject(new SmtpTrouble(error, stage)))
      signal.addEventListener('abort', stop)
      if (signal.aborted) return stop()
      if (this.#broken !== undefined) return this.#fail(this.#broken)
      const within = (more: number): void => {
        cancel()
        if (this.#broken === undefined) cancel = this.#clock.after(more, late)
      }
      start((error, result) => {
        if (error) settle(() => reject(new SmtpTrouble(error, stage)))
        else settle(() => resolve(result as T))
      }, within)
    })
  }
}

function failure(code: string, words: string): SmtpFailure {
  return Object.assign(new Error(words), { code })
}

async function optionsOf({ host, port, tls, caFile, servername, timeout }: SmtpPlace) {
  const ca = caFile === undefined ? undefined : await readFile(caFile)
  return {
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...{
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      dnsTimeout: timeout,
      socketCloseTimeout: timeout,
    },
    // Ours come first: this is for what nobody waits for.
    socketTimeout: 2 * Math.max(FINAL_MS, timeout),
    maxResponseSize: 64 << 10,
    logger: false,
    tls: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2' as const,
      ...(servername === undefined ? {} : { servername }),
      ...(ca === undefined ? {} : { ca }),
    },
    ...(servername === undefined ? {} : { servername }),
  }
}
