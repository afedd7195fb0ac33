import type { Notice } from '../../domain/message.ts'
import type { Request, RequestWord, Side } from '../../domain/request.ts'
import type { Letterhead } from '../../notify/letters/letter-data.ts'
import type { App } from '../context.ts'
import { othersOn } from '../requests/show.ts'
import type { Draft } from './draft.ts'
import { blockLine, requestAbout, speakerOf } from './letter-parts.ts'

const HOUR = 3_600_000

/** A mail about a request, for one side, as it stands by now. */
export function requestLetter(
  app: App,
  head: Letterhead,
  request: Request,
  { what }: Notice,
  side: Side,
): Draft {
  const { ticket } = app.ledger.head.blocks.get(request.block ?? 0) ?? {}
  const about = {
    about: request.id,
    ...(request.block === undefined ? {} : { block: request.block }),
    ...(ticket === undefined ? {} : { ticket }),
  }
  const base = { ...head, request: requestAbout(app, request) }
  const word = wordFor(request, what)
  const by = speakerOf(app, { by: word.by, ...(word.mail === undefined ? {} : { mail: word.mail }) })
  const said = { text: word.text ?? null, actions: word.actions ?? [] }
  const desk = side === 'site'
  const parts = { base, request, word, by, said, desk }
  return { ...draftFor(app, what, parts), ...about }
}

interface Parts {
  readonly base: Letterhead & { readonly request: ReturnType<typeof requestAbout> }
  readonly request: Request
  readonly word: RequestWord
  readonly by: ReturnType<typeof speakerOf>
  readonly said: { readonly text: string | null; readonly actions: readonly string[] }
  readonly desk: boolean
}

function draftFor(app: App, what: Notice['what'], parts: Parts): Draft {
  const { base, request, word, by, said, desk } = parts
  const { due } = request.clock
  switch (what) {
    case 'request.filed':
      return filed(base, request, word, by, desk)
    case 'request.reopened':
      return desk
        ? { name: 'desk-request-reopened', data: { ...base, by, text: said.text, due } }
        : { name: 'request-reopened', data: { ...base, text: said.text, due } }
    case 'request.settled': {
      const data = { ...base, ...said, how: request.settled?.how ?? 'moot', still: stillOf(app, request) }
      return desk
        ? { name: 'desk-request-settled', data: { ...data, by } }
        : { name: 'request-settled', data }
    }
    case 'request.due':
      return { name: 'request-due', data: { ...base, before: null, now: due, why: CALENDAR } }
    case 'request.reminded': {
      const stage = request.reminded.at(-1) ?? 'soon'
      return desk
        ? { name: 'desk-request-reminded', data: { ...base, stage, due } }
        : { name: 'request-reminded', data: { ...base, stage, due } }
    }
    default:
      return desk
        ? { name: 'desk-request-said', data: { ...base, ...said, by, due } }
        : { name: 'request-said', data: { ...base, ...said, due } }
  }
}

const CALENDAR = 'the calendar of service has changed'

function filed(
  base: Letterhead & { readonly request: ReturnType<typeof requestAbout> },
  { kind, clock, logs }: Request,
  { text = '' }: RequestWord,
  by: ReturnType<typeof speakerOf>,
  desk: boolean,
): Draft {
  const data = { ...base, text, due: clock.due, acknowledgeBy: clock.acknowledgeBy ?? null }
  if (kind === 'logs' && logs !== undefined && !desk)
    return { name: 'logs-filed', data: { ...data, logs, hours: hoursUntil(clock) } }
  return desk ? { name: 'desk-request-filed', data: { ...data, by } } : { name: 'request-filed', data }
}

/** Of the clock on the wall; the date stands beside it. */
function hoursUntil({ from, due }: Request['clock']): number {
  return due === null ? 0 : Math.max(1, Math.round((due - from) / HOUR))
}

/** What was said at that, the last time. */
function wordFor({ words, by, filedAt }: Request, what: Notice['what']): RequestWord {
  const kind = what.slice('request.'.length)
  return (
    words.findLast((word) => word.what === kind) ??
    words.at(-1) ?? { at: filedAt, what: 'filed', as: 'site', by }
  )
}

function stillOf(app: App, { block: id }: Request) {
  const block = app.ledger.head.blocks.get(id ?? 0)
  return block === undefined ? [] : othersOn(app, block).map((one) => blockLine(one.block))
}
