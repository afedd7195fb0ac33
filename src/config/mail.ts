import { resolve } from 'node:path'
import { parseDuration } from '../domain/duration.ts'
import { type MailAddress, readAddrSpec, readMailAddress } from '../domain/mail-address.ts'
import { isLoopback } from '../domain/safe-listening.ts'
import { readSafeUrl } from '../domain/safe-sending.ts'
import type { Path, Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'

/** The server that takes our mail. Paths are absolute. */
export interface SmtpConfig {
  readonly host: string
  readonly port: number
  /** `none`: in clear, on loopback. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  readonly caFile?: string
  readonly servername?: string
  readonly user?: string
  /** A reference, `file:PATH` or `env:NAME`; stands beside `user`. */
  readonly password?: string
  /** For each answer, in milliseconds. */
  readonly timeout: number
}

export interface MailConfig {
  readonly smtp: SmtpConfig
  readonly from: MailAddress
  /** Where answers go. */
  readonly replyTo: MailAddress
  /** How the team is called. */
  readonly phone?: string
  /** Who has a copy of everything. */
  readonly security?: string
  /** Servers whose word on the sender of a mail counts, in lower case. */
  readonly authservIds: readonly string[]
  /** How a ticket stands in a subject, with `{ticket}` in it. */
  readonly ticketTag?: string
}

export interface WebhookConfig {
  readonly name: string
  readonly url: string
  /** A reference. */
  readonly secret: string
  readonly caFile?: string
  /** For a whole post, in milliseconds. */
  readonly timeout: number
}

type MailFile = NonNullable<ConfigFile['mail']>

const PORTS = { implicit: 465, starttls: 587, none: 25 } as const
const [SHORTEST, LONGEST] = [1_000, 300_000]
const REFERENCE = 'it must be a reference such as file:PATH or env:NAME, never the secret itself'

/** Reads `mail`, with every problem found in it; no server is asked. */
export function readMailConfig(
  { mail }: ConfigFile,
  folder: string,
  found: Problems,
): MailConfig | undefined {
  if (mail === undefined) return undefined
  const address = (field: 'from' | 'replyTo') => {
    const text = mail[field]
    return text === undefined ? undefined : found.take(['mail', field], () => readMailAddress(text))
  }
  const smtp = readSmtp(mail.smtp, folder, found)
  const from = address('from')
  const replyTo = address('replyTo')
  const { security: copyTo, ticketTag, phone } = mail
  const security =
    copyTo === undefined ? undefined : found.take(['mail', 'security'], () => readAddrSpec(copyTo))
  if (ticketTag !== undefined) checkTag(ticketTag, found)
  if (smtp === undefined || from === undefined) return undefined
  return {
    ...{ smtp, from, replyTo: replyTo ?? from },
    ...(phone === undefined ? {} : { phone }),
    ...(security === undefined ? {} : { security }),
    authservIds: (mail.in?.authservIds ?? []).map((id) => id.toLowerCase()),
    ...(ticketTag === undefined ? {} : { ticketTag }),
  }
}

function checkTag(tag: string, found: Problems): void {
  if (tag.split('{ticket}').length !== 2)
    found.add(['mail', 'ticketTag'], 'must have {ticket} in it, once, such as [rt.example.org #{ticket}]')
  if (/\p{Cc}/u.test(tag)) found.add(['mail', 'ticketTag'], 'has control characters')
}

function readSmtp(smtp: MailFile['smtp'], folder: string, found: Problems): SmtpConfig | undefined {
  const { host, tls = 'starttls', port = PORTS[tls], caFile, servername, user, password } = smtp
  const at: Path = ['mail', 'smtp']
  if (tls === 'none' && !isLoopback(host))
    found.add(
      [...at, 'tls'],
      `mail would go to ${host} over the network in clear: leave tls out, or send it to a relay on 127.0.0.1`,
    )
  if (tls === 'none' && (caFile ?? servername) !== undefined)
    found.add([...at, 'tls'], 'caFile and servername are of use with TLS alone')
  if ((user === undefined) !== (password === undefined)) found.add(at, 'user and password go together')
  if (password !== undefined) checkReference([...at, 'password'], password, found)
  const timeout = readTimeout([...at, 'timeout'], smtp.timeout ?? '30s', found)
  if (timeout === undefined) return undefined
  return {
    ...{ host, port, tls, timeout },
    ...(caFile === undefined ? {} : { caFile: resolve(folder, caFile) }),
    ...(servername === undefined ? {} : { servername }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  }
}

/** Reads `webhooks`, with every problem found in them; nobody is asked. */
export function readWebhooks(
  { webhooks = [] }: ConfigFile,
  folder: string,
  found: Problems,
): readonly WebhookConfig[] {
  found.refuseDoubles(['webhooks'], webhooks)
  return webhooks.flatMap(({ name, url, secret, caFile, timeout: text = '10s' }, index) => {
    const at: Path = ['webhooks', index]
    found.take([...at, 'url'], () => readSafeUrl(url))
    checkReference([...at, 'secret'], secret, found)
    if (caFile !== undefined && !url.startsWith('https:'))
      found.add([...at, 'caFile'], 'certificates are of use with https alone')
    const timeout = readTimeout([...at, 'timeout'], text, found)
    if (timeout === undefined) return []
    const ca = caFile === undefined ? {} : { caFile: resolve(folder, caFile) }
    return [{ name, url, secret, timeout, ...ca }]
  })
}

function checkReference(at: Path, text: string, found: Problems): void {
  if (!/^(file|env):./.test(text)) found.add(at, REFERENCE)
}

function readTimeout(at: Path, text: string, found: Problems): number | undefined {
  const ms = found.take(at, () => parseDuration(text))
  if (ms !== undefined && (ms < SHORTEST || ms > LONGEST)) found.add(at, 'is from 1s to 5m')
  return ms
}
