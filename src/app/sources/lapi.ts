import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { Type } from 'typebox'
import type { Clock } from '../../domain/clock.ts'
import { InputError } from '../../domain/input-error.ts'
import { checked } from '../../triggers/checked.ts'
import type { CrowdsecSource } from '../../triggers/source.ts'
import type { FollowOptions } from './follow-options.ts'

/** A whole answer. `null` is CrowdSec's empty list. */
const AnswerSchema = Type.Object({
  new: Type.Union([Type.Array(Type.Unknown()), Type.Null()]),
  deleted: Type.Union([Type.Array(Type.Unknown()), Type.Null()]),
})

/** What is decided, or has been since the last answer, and what is over. */
export interface LapiAnswer {
  readonly fresh: readonly unknown[]
  readonly deleted: readonly unknown[]
}

/** An answer that is none, or not whole. Its message is for people. */
export class LapiError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LapiError'
  }
}

/** A whole answer comes within this time, in milliseconds. */
const DEADLINE_MS = 60_000
/** Half a million decisions. */
const MOST_BYTES = 128 << 20

/**
 * Asks CrowdSec's local API what has changed since it was asked last or, `whole`, for everything that holds.
 * @throws LapiError, also when it is aborted
 */
export async function askLapi(
  source: CrowdsecSource,
  { secret, userAgent }: FollowOptions,
  { whole, clock, signal }: { readonly whole: boolean; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<LapiAnswer> {
  const key = await secret(source.key)
  const ca = source.ca === undefined ? undefined : await readCa(source.ca)
  const asking = new AbortController()
  const abort = (): void => asking.abort()
  const cancel = clock.after(DEADLINE_MS, abort)
  signal.addEventListener('abort', abort)
  try {
    const headers = { 'x-api-key': key, 'user-agent': userAgent, accept: 'application/json' }
    const asked = { headers, signal: asking.signal, ...(ca === undefined ? {} : { ca }) }
    return readAnswer(await get(urlOf(source, whole), asked))
  } finally {
    cancel()
    signal.removeEventListener('abort', abort)
  }
}

function urlOf({ url, origins, scopes, scenarios }: CrowdsecSource, whole: boolean): URL {
  const asked = new URL('v1/decisions/stream', url.endsWith('/') ? url : `${url}/`)
  asked.searchParams.set('startup', String(whole))
  // Of several decisions about one address it tells the longest alone unless it is asked not to.
  asked.searchParams.set('dedup', 'false')
  for (const [name, values] of Object.entries({ origins, scopes, scenarios_containing: scenarios }))
    if (values !== undefined) asked.searchParams.set(name, values.join(','))
  return asked
}

function readCa(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new LapiError(`${path} cannot be read`)
  })
}

type Asked = {
  readonly headers: Record<string, string>
  readonly signal: AbortSignal
  readonly ca?: string
}

async function get(url: URL, asked: Asked): Promise<string> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = url.protocol === 'https:' ? requestTls : requestPlain
      request(url, asked, resolve).on('error', reject).end()
    })
    return await bodyOf(response)
  } catch (error) {
    if (error instanceof LapiError) throw error
    const late = asked.signal.aborted
    const why = late ? `no whole answer in ${DEADLINE_MS / 1_000} seconds` : wordsOf(error)
    throw new LapiError(`${url.origin} cannot be asked: ${why}`)
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const { statusCode: status = 0 } = response
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part)
    bytes += part.length
    if (bytes > MOST_BYTES)
      throw new LapiError(`CrowdSec's answer has more than ${MOST_BYTES} bytes: ask for fewer origins`)
  }
  const body = Buffer.concat(parts).toString('utf8')
  if (status === 401 || status === 403)
    throw new LapiError(`CrowdSec does not take the key (${status}): make one by cscli bouncers add`)
  if (status !== 200) throw new LapiError(`CrowdSec answered ${status}: ${body.slice(0, 200)}`)
  return body
}

function readAnswer(body: string): LapiAnswer {
  try {
    const read = checked(AnswerSchema, JSON.parse(body))
    return { fresh: read.new ?? [], deleted: read.deleted ?? [] }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof InputError)) throw error
    throw new LapiError(`CrowdSec's answer is not whole: ${error.message}`)
  }
}

function wordsOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  // Of several addresses that were tried, there is only a code.
  return message === '' ? (code ?? 'no connection') : message
}
