import { createHmac, timingSafeEqual } from 'node:crypto'
import { InputError } from '../../domain/input-error.ts'

/** What is signed: the id, the time and the body, so that nothing of them can be changed or said again later. */
export interface Signed {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string
}

/** The headers of a signed webhook (Standard Webhooks 1.0.0). */
export interface WebhookHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

const FEWEST_BYTES = 24
const PREFIX = 'whsec_'
/** How far a receiver's clock may be from ours, in seconds. */
const TOLERANCE = 300

/**
 * The keys in a secret's text, one a line, the newest first: `whsec_` and base64, or the key itself as text. While a
 * key is exchanged both stand there, and both sign.
 * @throws InputError `webhook-secret`, without a word of the secret
 */
export function readWebhookSecrets(text: string): readonly Buffer[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  if (lines.length === 0) throw new InputError('webhook-secret', 'there is no secret in it')
  return lines.map((line, index) => {
    const key = line.startsWith(PREFIX) ? fromBase64(line.slice(PREFIX.length)) : Buffer.from(line)
    if (key === undefined)
      throw new InputError('webhook-secret', `line ${index + 1}: what follows ${PREFIX} is not base64`)
    if (key.length < FEWEST_BYTES)
      throw new InputError(
        'webhook-secret',
        `line ${index + 1}: a secret has ${FEWEST_BYTES} bytes at least, this one ${key.length}`,
      )
    return key
  })
}

function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : undefined
}

/** Signs with each key. @param signed its id without spaces and dots */
export function webhookHeaders(signed: Signed, keys: readonly Buffer[]): WebhookHeaders {
  return {
    'webhook-id': signed.id,
    'webhook-timestamp': String(signed.timestamp),
    'webhook-signature': keys.map((key) => `v1,${macOf(signed, key).toString('base64')}`).join(' '),
  }
}

function macOf({ id, timestamp, body }: Signed, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
}

/**
 * Whether a webhook is from who has one of the keys, and of the last five minutes: what a receiver asks.
 * @param now milliseconds since 1970
 */
export function isSignedWebhook(
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  keys: readonly Buffer[],
  now: number,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': time = '', 'webhook-signature': signatures = '' } = headers
  if (id === undefined || !/^\d{1,12}$/.test(time)) return false
  const timestamp = Number(time)
  // As it was written: 007 and 7 are not the same text.
  if (String(timestamp) !== time || Math.abs(now / 1_000 - timestamp) > TOLERANCE) return false
  const macs = keys.map((key) => macOf({ id, timestamp, body }, key))
  return signatures.split(' ').some((one) => {
    const given = one.startsWith('v1,') ? fromBase64(one.slice(3)) : undefined
    return (
      given !== undefined && macs.some((mac) => mac.length === given.length && timingSafeEqual(mac, given))
    )
  })
}
