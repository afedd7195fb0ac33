import type { App } from '../app/context.ts'
import type { EventTail } from '../app/event-tail.ts'
import { followEvents, type StreamEnd } from '../app/follow-events.ts'
import type { Caller } from '../app/rights.ts'
import { isStillGood } from '../app/tokens.ts'
import { sleep } from '../domain/clock.ts'
import { eventJson } from './event-json.ts'

/** Times in milliseconds. */
export interface StreamTimes {
  /** After so long without an event the stream says that it lives. */
  readonly keepAlive: number
  /** Who takes nothing for so long is let go; what it missed is still there when it returns. */
  readonly stalled: number
}

export const STREAM_TIMES: StreamTimes = { keepAlive: 15_000, stalled: 60_000 }

/** How soon a client should come back, in milliseconds. */
const RETRY = 2_000

const ENDS: Readonly<Record<StreamEnd, string>> = {
  closing: 'the controller stops; come back with Last-Event-ID',
  'token-ended': 'the token was revoked or is over',
  'event-missing': 'the ledger does not have the next event any more; begin anew, without Last-Event-ID',
}

export interface Stream {
  readonly app: App
  readonly tail: EventTail
  readonly caller: Caller
  readonly after: number
  readonly keepAlive: number
  /** Aborted when the controller stops. */
  readonly closing: AbortSignal
  /** Aborted when the client has left. */
  readonly left: AbortSignal
}

/**
 * Events as text/event-stream. Each stretch ends with an id of what has been told, also where nothing of it was
 * for this caller, so that a return begins there.
 */
export async function* sseText(stream: Stream): AsyncGenerator<string> {
  const { app, caller, tail, after, closing, left } = stream
  const over = new AbortController()
  const stop = AbortSignal.any([closing, left, over.signal])
  const portions = followEvents(app, tail, caller, after, stop)
  let upTo = after
  try {
    yield `retry: ${RETRY}\nid: ${upTo}\n\n`
    let next = portions.next()
    while (!stop.aborted) {
      const portion = await within(app, next, quietTime(stream))
      if (portion === undefined) {
        if (!isStillGood(app, caller)) {
          yield endText('token-ended')
          return
        }
        yield `: still here\nid: ${upTo}\n\n`
        continue
      }
      if (portion.done === true) {
        if (portion.value !== undefined) yield endText(portion.value)
        break
      }
      upTo = portion.value.upTo
      yield `${portion.value.events.map(frame).join('')}${portion.value.events.at(-1)?.seq === upTo ? '' : `id: ${upTo}\n\n`}`
      next = portions.next()
    }
    if (closing.aborted) yield endText('closing')
  } finally {
    over.abort()
  }
}

function frame(recorded: Parameters<typeof eventJson>[0]): string {
  const json = eventJson(recorded)
  return `id: ${json.seq}\nevent: ${json.type}\ndata: ${JSON.stringify(json)}\n\n`
}

function endText(code: StreamEnd): string {
  return `event: end\ndata: ${JSON.stringify({ code, detail: ENDS[code] })}\n\n`
}

/** Until the next sign of life, or the end of the token. */
function quietTime({ app, caller, keepAlive }: Stream): number {
  const { until } = caller.token
  return until === null ? keepAlive : Math.max(1, Math.min(keepAlive, until - app.clock.now()))
}

/** What the promise comes to, or `undefined` when it takes longer. */
async function within<T>(app: App, promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = new AbortController()
  try {
    return await Promise.race([promise, sleep(app.clock, ms, late.signal).then(() => undefined)])
  } finally {
    late.abort()
  }
}
