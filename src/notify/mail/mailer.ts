import type { Logger } from '../../domain/log.ts'
import { type Composed, composeMail } from './compose.ts'
import { failedDelivery, sentDelivery } from './delivery.ts'
import type { Delivery, Mailer } from './message.ts'
import { type SessionEnv, type SmtpPlace, SmtpSession, SmtpTrouble } from './smtp-session.ts'

export interface MailerEnv extends SessionEnv {
  readonly log: Logger
}

/** A connection without work is kept so long, for the next mail of a burst (ms). */
const IDLE_MS = 10_000

/** Sends mail over SMTP (RFC 5321), one at a time, over a connection that is opened when there is something to send. */
export function openMailer(place: SmtpPlace, env: MailerEnv): Mailer {
  return new SmtpMailer(place, env)
}

class SmtpMailer implements Mailer {
  readonly #place: SmtpPlace
  readonly #env: MailerEnv
  readonly #closing = new AbortController()
  #session: SmtpSession | undefined
  #stopIdling = (): void => undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(place: SmtpPlace, env: MailerEnv) {
    this.#place = place
    this.#env = env
  }

  async send(...[message, signal, envelope]: Parameters<Mailer['send']>): Promise<Delivery> {
    const composed = await composeMail(message, envelope)
    const ends = AbortSignal.any([signal, this.#closing.signal])
    const mine = this.#turn.then(() => this.#try(composed, ends))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#turn
    this.#stopIdling()
    this.#session?.destroy()
  }

  async #try(composed: Composed, signal: AbortSignal): Promise<Delivery> {
    this.#stopIdling()
    const delivery = await this.#deliver(composed, signal)
    if (delivery.outcome === 'later')
      this.#env.log.warn({ class: delivery.class, words: delivery.words }, 'a mail could not be sent now')
    this.#idle()
    return delivery
  }

  async #deliver(composed: Composed, signal: AbortSignal): Promise<Delivery> {
    try {
      const session = await this.#warmSession(signal)
      return sentDelivery(await session.send(composed, signal), session.secrets)
    } catch (error) {
      if (!(error instanceof SmtpTrouble)) return unready(error)
      return failedDelivery(error.failure, error.stage, error.maybeTaken, this.#session?.secrets ?? [])
    }
  }

  /** One that was asked first: a server ends idle connections without a word, and no mail is to meet that. */
  async #warmSession(signal: AbortSignal): Promise<SmtpSession> {
    const old = this.#session
    if (old !== undefined && (await old.isAlive(signal))) return old
    old?.destroy()
    this.#session = undefined
    this.#session = await SmtpSession.open(this.#place, this.#env, signal)
    return this.#session
  }

  #idle(): void {
    const session = this.#session
    if (session === undefined) return
    this.#stopIdling = this.#env.clock.after(IDLE_MS, () => {
      this.#session = undefined
      session.end()
    })
  }
}

/** A file or a variable that cannot be read is for a person, and later may be right. Errors of secrets name the reference alone. */
function unready(error: unknown): Delivery {
  const words = error instanceof Error ? error.message : String(error)
  const isCa = error instanceof Error && 'syscall' in error
  return { outcome: 'later', class: isCa ? 'tls' : 'auth', words, maybeTaken: false }
}
