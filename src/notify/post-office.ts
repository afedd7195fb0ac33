import type { Clock } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { MailAddress } from '../domain/mail-address.ts'
import type { LetterSources } from './letters/letter-data.ts'
import { type Letters, lettersOf } from './letters/letters.ts'
import { inTurn, MAIL_TURNS } from './mail/in-turn.ts'
import { mailTransport } from './mail/mail-transport.ts'
import { openMailer } from './mail/mailer.ts'
import { readMail } from './mail/read-mail.ts'
import type { ReadMail, UnreadMail } from './mail/received.ts'
import type { SmtpPlace } from './mail/smtp-session.ts'
import { threadIds } from './mail/thread-ids.ts'
import { threadKey } from './mail/thread-key.ts'
import type { Transport } from './transport.ts'
import type { WebhookTarget } from './webhook/post-webhook.ts'
import { webhookTransport } from './webhook/webhook-transport.ts'

/** How the site writes and is written to. */
export interface MailPlace {
  readonly smtp: SmtpPlace & { readonly password?: string }
  readonly from: MailAddress
  readonly replyTo: MailAddress
  readonly phone?: string
  readonly authservIds: readonly string[]
  readonly ticketTag?: string
}

export interface PostOfficeOptions {
  readonly mail?: MailPlace
  readonly webhooks: readonly (Omit<WebhookTarget, 'secret'> & {
    readonly name: string
    readonly secret: string
  })[]
  readonly letters: LetterSources
  /** Where the key of the threads is kept. */
  readonly keyPath: string
  /** What a reference stands for. */
  readonly secret: (reference: string) => Promise<string>
  readonly clock: Clock
  readonly log: Logger
}

/** What is needed to write to people, and to understand what they answer. */
export interface PostOffice {
  /** By `mail` and `webhook:NAME`. */
  readonly transports: ReadonlyMap<string, Transport>
  readonly stationery?: {
    readonly letters: Letters
    readonly team: { readonly name: string; readonly mail: string; readonly phone: string | null }
    readonly ticketTag?: string
    readonly idOf: (about: number, message: number) => string
  }
  readonly inbox?: {
    read(raw: Uint8Array): Promise<ReadMail | UnreadMail>
    aboutOf(id: string): number | undefined
    readonly authservIds: readonly string[]
  }
  close(): Promise<void>
}

/** Opens what the configuration names. No server is asked yet. @throws Error when the key of the threads cannot be read */
export async function openPostOffice(options: PostOfficeOptions): Promise<PostOffice> {
  const { webhooks, clock, secret } = options
  const hooks = webhooks.map(({ name, secret: reference, ...target }): [string, Transport] => [
    `webhook:${name}`,
    webhookTransport({ ...target, secret: () => secret(reference) }, clock),
  ])
  if (options.mail === undefined) return { transports: new Map(hooks), close: () => Promise.resolve() }
  return withMail(options, options.mail, hooks)
}

async function withMail(
  { letters, keyPath, clock, log, secret }: PostOfficeOptions,
  { smtp, from, replyTo, phone, ticketTag, authservIds }: MailPlace,
  hooks: readonly [string, Transport][],
): Promise<PostOffice> {
  const domain = from.mail.slice(from.mail.lastIndexOf('@') + 1)
  const ids = threadIds(await threadKey(keyPath), domain)
  const { password, ...place } = smtp
  const login = password === undefined ? {} : { password: () => secret(password) }
  const mailer = openMailer(place, { clock, log, ...login })
  return {
    transports: new Map([['mail', mailTransport(mailer, { from, replyTo }, ids)], ...hooks]),
    stationery: {
      letters: lettersOf(letters),
      team: { name: from.name ?? 'The security team', mail: replyTo.mail, phone: phone ?? null },
      ...(ticketTag === undefined ? {} : { ticketTag }),
      idOf: ids.idOf,
    },
    inbox: {
      read: inTurn((raw: Uint8Array) => readMail(raw, { clock }), MAIL_TURNS),
      ...{ aboutOf: ids.aboutOf, authservIds },
    },
    close: () => mailer.close(),
  }
}
