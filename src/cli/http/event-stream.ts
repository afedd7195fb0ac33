import { CliError, EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { type Connection, Dropped, NotAnswering } from './connection.ts'
import { problemOf } from './problem.ts'
import type { EventMessage } from './wire.ts'

/** One message of a stream. */
interface Frame {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string | undefined
}

/** The controller says that it lives every 15 s. */
const SILENCE = 60_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 10_000

/**
 * The controller's events behind `after`, for ever: when the connection breaks off it is made anew, and goes on where
 * it was. `onBreak` is told of that. @throws CliError when the controller refuses, or was never there
 */
export async function* followEvents(
  connection: Connection,
  io: Pick<Io, 'sleep' | 'signal'>,
  after: number | undefined,
  onBreak: (why: string) => void,
): AsyncGenerator<EventMessage> {
  const query = after === undefined ? '' : `?after=${after}`
  let last: string | undefined
  let pause = FIRST_PAUSE
  for (;;) {
    try {
      const headers = {
        accept: 'text/event-stream',
        ...(last === undefined ? {} : { 'last-event-id': last }),
      }
      const lines = connection.lines(
        { method: 'GET', path: `/v1/events${query}`, headers, deadlineMs: SILENCE, signal: io.signal },
        problemOf,
      )
      for await (const frame of framesOf(lines)) {
        pause = FIRST_PAUSE
        last = frame.id ?? last
        if (frame.event === 'end') endOf(frame.data ?? '')
        else if (frame.data !== undefined) yield JSON.parse(frame.data) as EventMessage
      }
      onBreak('the stream ended')
    } catch (error) {
      // Only where somebody answered before is it worth waiting for them to come back.
      if (!(error instanceof Dropped) && !(error instanceof NotAnswering && last !== undefined)) throw error
      onBreak(error.message)
    }
    await io.sleep(pause, io.signal)
    pause = Math.min(LONGEST_PAUSE, pause * 2)
  }
}

/** @throws CliError unless coming back helps */
function endOf(data: string): void {
  const { code = '', detail = 'the controller ended the stream' } = JSON.parse(data) as {
    code?: string
    detail?: string
  }
  if (code === 'closing') throw new Dropped(detail)
  throw new CliError(code === 'token-ended' ? EXIT.auth : EXIT.failure, `${detail} (${code})`)
}

async function* framesOf(lines: AsyncIterable<string>): AsyncGenerator<Frame> {
  let fields = new Map<string, string>()
  for await (const line of lines) {
    if (line === '') {
      if (fields.size > 0)
        yield { id: fields.get('id'), event: fields.get('event'), data: fields.get('data') }
      fields = new Map()
      continue
    }
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''))
  }
}
