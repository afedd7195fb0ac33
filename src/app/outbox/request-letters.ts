import { targetText } from '../../calendar/service-target.ts'
import type { Notice } from '../../domain/message.ts'
import type { Request, RequestWord, Side } from '../../domain/request.ts'
import type { Letterhead } from '../../notify/letters/letter-data.ts'
import type { App } from '../context.ts'
import type { Draft } from './draft.ts'
import { requestAbout, type Sight, speakerOf, stillOn, ticketFor } from './letter-parts.ts'

/** A mail about a request, for one side, as it stands by now. */
export function requestLetter(
  app: App,
  head: Letterhead,
  sight: Sight,
  request: Request,
  { what }: Notice,
  side: Side,
): Draft {
  const block = app.ledger.head.blocks.get(request.block ?? 0)
  const about = {
    about: request.id,
    ...(request.block === undefined ? {} : { block: request.block }),
    ...ticketFor(app, sight, block),
  }
  const base = { ...head, request: requestAbout(app, sight, request, block) }
  const word = wordFor(request, what)
  const by = speakerOf(app, { by: word.by, ...(word.mail === undefined ? {} : { mail: word.mail }) })
  const said = { text: word.text ?? null, actions: word.actions ?? [] }
  const desk = side === 'site'
  const parts = { base, sight, request, word, by, said, desk }
  return { ...draftFor(app, what, parts), ...about }
}

interface Parts {
  readonly base: Letterhead & { readonly request: ReturnType<typeof requestAbout> }
  readonly sight: Sight
  readonly request: Request
  readonly word: RequestWord
  readonly by: ReturnType<typeof speakerOf>
  readonly said: { readonly text: string | null; readonly actions: readonly string[] }
  readonly desk: boolean
}

function draftFor(app: App, what: Notice['what'], parts: Parts): Draft {
  const { base, sight, request, by, said, desk } = parts
  const { due } = request.clock
  switch (what) {
    case 'request.filed':
      return filed(app, parts)
    case 'request.reopened':
      return desk
        ? { name: 'desk-request-reopened', data: { ...base, by, text: said.text, due } }
        : { name: 'request-reopened', data: { ...base, text: said.text, due } }
    case 'request.settled': {
      const data = { ...base, ...said, how: request.settled?.how ?? 'moot', ...stillOf(app, sight, request) }
      return desk
        ? { name: 'desk-request-settled', data: { ...data, by } }
        : { name: 'request-settled', data }
    }
    case 'request.due':
      return {
        name: 'request-due',
        data: { ...base, before: request.clock.before ?? null, now: due, why: CALENDAR },
      }
    case 'request.taken':
      return { name: 'request-taken', data: { ...base, due } }
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

function filed({ site }: App, { base, request, word, by, desk }: Parts): Draft {
  const { kind, clock, logs } = request
  const { text = '' } = word
  const data = { ...base, text, due: clock.due, acknowledgeBy: clock.acknowledgeBy ?? null }
  if (kind === 'logs' && logs !== undefined && !desk)
    return { name: 'logs-filed', data: { ...data, logs, within: targetText(site.targets.logs) } }
  return desk ? { name: 'desk-request-filed', data: { ...data, by } } : { name: 'request-filed', data }
}

/** What was said at that, the last time. */
function wordFor({ words, by, filedAt }: Request, what: Notice['what']): RequestWord {
  const kind = what.slice('request.'.length)
  return (
    words.findLast((word) => word.what === kind) ??
    words.at(-1) ?? { at: filedAt, what: 'filed', as: 'site', by }
  )
}

function stillOf(app: App, sight: Sight, { block: id }: Request) {
  return stillOn(app, sight, app.ledger.head.blocks.get(id ?? 0))
}
