import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Clock } from '../../domain/clock.ts'
import { InputError } from '../../domain/input-error.ts'
import { readSafeUrl } from '../../domain/safe-sending.ts'
import { classOfConnection, type LaterClass } from '../later-class.ts'
import { readWebhookSecrets, webhookHeaders } from './signature.ts'

/** Who is told. */
export interface WebhookTarget {
  /** https, or http on loopback. */
  readonly url: string
  /** Read at each post; several lines are several keys. */
  readonly secret: () => Promise<string>
  /** PEM of the authorities that may vouch for it, read at each post; left out: the system's. */
  readonly caFile?: string
  /** For the whole post, in milliseconds. */
  readonly timeout: number
}

export interface Webhook {
  /** The same at each try: by it a receiver tells a double. Letters, digits, `_` and `-`. */
  readonly id: string
  /** Of this try, milliseconds since 1970. */
  readonly at: number
  readonly body: string
}

/** Not before so many milliseconds are over (`after`), where the receiver has asked for that. */
interface Later {
  readonly outcome: 'later'
  readonly class: LaterClass
  readonly words: string
  readonly after?: number
}

/** What became of one try. */
export type Posted =
  | { readonly outcome: 'sent'; readonly words: string }
  | { readonly outcome: 'refused'; readonly words: string }
  | Later

export interface PostEnv {
  readonly clock: Clock
  readonly signal: AbortSignal
}

const MOST_ANSWER = 2_048
const MOST_WORDS = 300
const LONGEST_AFTER = 86_400_000
/** Answers of the 4xx that mean: not now (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const NOT_NOW: readonly number[] = [408, 425, 429]

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/**
 * Posts one signed webhook (Standard Webhooks 1.0.0), once and in bounded time. No redirect is followed: what is posted
 * goes where the configuration says, or nowhere.
 * @throws InputError when it cannot be posted as it is
 */
export async function postWebhook(target: WebhookTarget, webhook: Webhook, env: PostEnv): Promise<Posted> {
  const url = readSafeUrl(target.url)
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(webhook.id))
    throw new InputError('webhook-id', 'the id of a webhook has letters, digits, _ and -, 200 at most')
  const keys = await target.secret().then(readWebhookSecrets).catch(laterFor('auth'))
  if ('outcome' in keys) return keys
  const ca = target.caFile === undefined ? undefined : await readFile(target.caFile).catch(laterFor('tls'))
  if (ca !== undefined && 'outcome' in ca) return ca
  const signed = { id: webhook.id, timestamp: Math.floor(webhook.at / 1_000), body: webhook.body }
  const headers = { 'content-type': 'application/json', ...webhookHeaders(signed, keys) }
  return ask(url, { headers, body: webhook.body, timeout: target.timeout, ca }, env).then(
    (answer) => judge(answer, env.clock.now()),
    (error: Error & { readonly code?: string }) => laterFor(classOfConnection(error.code ?? ''))(error),
  )
}

function laterFor(kind: LaterClass): (error: unknown) => Later {
  return (error) => ({
    ...{ outcome: 'later', class: kind },
    words: oneLine(error instanceof Error ? error.message : String(error)),
  })
}

function judge({ status, retryAfter, text }: Answer, now: number): Posted {
  const words = oneLine(`${status} ${text}`)
  if (status >= 200 && status < 300) return { outcome: 'sent', words }
  if (status >= 300 && status < 400)
    return { outcome: 'refused', words: `${status}: it sends on to elsewhere, where no webhook goes` }
  if (status < 500 && !NOT_NOW.includes(status)) return { outcome: 'refused', words }
  const after = retryAfter === undefined ? undefined : readRetryAfter(retryAfter, now)
  return { outcome: 'later', class: 'busy', words, ...(after === undefined ? {} : { after }) }
}

/** Milliseconds from now on, a day at most; `undefined` when it is neither seconds nor a date (RFC 9110 §10.2.3). */
export function readRetryAfter(text: string, now: number): number | undefined {
  const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_AFTER)
}

function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MOST_WORDS)
}

interface Asking {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeout: number
  readonly ca: Buffer | undefined
}

/** @throws Error when there is no answer in time */
function ask(url: URL, { headers, body, timeout, ca }: Asking, { clock, signal }: PostEnv): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      ...{
        method: 'POST',
        agent: false as const,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      },
      ...{ rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
    }
    const sent = url.protocol === 'https:' ? requestTls(url, options) : requestPlain(url, options)
    const stop = (): void => void sent.destroy(new Error('Cordon is being stopped'))
    const late = clock.after(timeout, () => sent.destroy(noAnswer(timeout)))
    const done = (run: () => void): void => {
      late()
      signal.removeEventListener('abort', stop)
      run()
    }
    sent.once('response', (response) => {
      read(response).then(
        (answer) => done(() => resolve(answer)),
        (error: Error) => done(() => reject(error)),
      )
    })
    sent.on('error', (error) => done(() => reject(error)))
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    sent.end(body)
  })
}

function noAnswer(ms: number): Error {
  return Object.assign(new Error(`no answer within ${ms / 1_000} s`), { code: 'ETIMEDOUT' })
}

/** The first of an answer; the connection ends there. */
async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MOST_ANSWER) break
  }
  response.destroy()
  const text = Buffer.concat(chunks).subarray(0, MOST_ANSWER).toString('utf8')
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text }
}
