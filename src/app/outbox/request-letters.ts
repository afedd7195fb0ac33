import type { Notice } from '../../domain/message.ts'
import type { Request, RequestWord, Side } from '../../domain/request.ts'
import type { Letterhead } from '../../notify/letters/letter-data.ts'
import type { App } from '../context.ts'
import { othersOn } from '../requests/show.ts'
import { blockLine, requestAbout, speakerOf } from './letter-parts.ts'
import type { Draft } from './write.ts'

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
  const { due } = request.clock
  const desk = side === 'site'
  switch (what) {
    case 'request.filed':
      return { ...filed(base, request, word, by, desk), ...about }
    case 'request.reopened':
      return desk
        ? { name: 'desk-request-reopened', data: { ...base, by, text: said.text, due }, ...about }
        : { name: 'request-reopened', data: { ...base, text: said.text, due }, ...about }
    case 'request.settled': {
      const data = { ...base, ...said, how: request.settled?.how ?? 'moot', still: stillOf(app, request) }
      return desk
        ? { name: 'desk-request-settled', data: { ...data, by }, ...about }
        : { name: 'request-settled', data, ...about }
    }
    case 'request.due':
      return { name: 'request-due', data: { ...base, before: null, now: due, why: CALENDAR }, ...about }
    case 'request.reminded': {
      const stage = request.reminded.at(-1) ?? 'soon'
      return desk
        ? { name: 'desk-request-reminded', data: { ...base, stage, due }, ...about }
        : { name: 'request-reminded', data: { ...base, stage, due }, ...about }
    }
    default:
      return desk
        ? { name: 'desk-request-said', data: { ...base, ...said, by, due }, ...about }
        : { name: 'request-said', data: { ...base, ...said, due }, ...about }
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
