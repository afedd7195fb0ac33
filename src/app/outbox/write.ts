import type { Hearing } from '../../domain/hearing.ts'
import { ANSWER_MARKER, type Letter } from '../../domain/message.ts'
import type { App } from '../context.ts'
import { findEndedBlock } from '../find-block.ts'
import { blockLetter, blocksLetter, homeLetter, wholeOf } from './block-letters.ts'
import type { Draft } from './draft.ts'
import type { Portion } from './gather.ts'
import { type Stationery, subjectOf } from './letterhead.ts'
import { DESK, destinationOf, ESCALATION, isConcerned, isHome, sightOf } from './receivers.ts'
import { requestLetter } from './request-letters.ts'
import { webhookBody } from './webhook-body.ts'

/** A message as it goes out; or why nobody can be told. */
export type Written =
  | { readonly by: 'mail'; readonly letter: Letter }
  | { readonly by: `webhook:${string}`; readonly body: string }
  | { readonly nobody: string }

/** Writes down what is told. */
export interface Writer {
  write(app: App, portion: Portion): Promise<Written>
}

/** @param options how mails are written; left out where the site has no mail, so that webhooks alone are told */
export function writerOf(hearing: Hearing, stationery: Stationery | undefined): Writer {
  return {
    write: async (app, portion) => {
      const destination = destinationOf(app.inventory, hearing, portion.to)
      if ('nobody' in destination) return destination
      const { by } = destination
      if (by !== 'mail') return { by, body: JSON.stringify(await webhookBody(app, portion)) }
      if (stationery === undefined) return { nobody: 'mail is not configured' }
      const draft = await draftOf(app, stationery, portion)
      if (draft === undefined) return { nobody: 'nothing of what was to be told is known any more' }
      const { to, instead } = destination
      const { subject, text } = stationery.letters.write(draft.name, draft.data as never)
      const note = instead === undefined ? '' : `(${instead}, so this comes to you.)\n\n`
      const cc = hearing.security === undefined ? [] : [hearing.security]
      return {
        by,
        letter: {
          to,
          cc: cc.filter(({ mail }) => !to.some((one) => one.mail === mail)),
          subject: subjectOf(stationery, draft.about, draft.ticket, subject),
          text: isConcerned(portion.to) ? `${ANSWER_MARKER}\n\n${note}${text}` : `${note}${text}`,
          ...threadOf(stationery, draft),
        },
      }
    },
  }
}

/** Everything about one block stands in one thread, whoever it is for; what was sent first is not needed for that. */
function threadOf({ idOf }: Stationery, { about, block }: Draft): Pick<Letter, 'inReplyTo' | 'references'> {
  const root = block ?? about
  if (root === undefined) return { references: [] }
  const id = idOf(root, 0)
  return { inReplyTo: id, references: [id] }
}

async function draftOf(app: App, stationery: Stationery, portion: Portion): Promise<Draft | undefined> {
  const { request: id, notices, to } = portion
  const concerned = isConcerned(to)
  const head = { zone: app.site.calendar.zone, team: stationery.team, concerned }
  const sight = sightOf(to)
  const last = notices.at(-1)
  if (id !== undefined) {
    const request = app.ledger.head.requests.get(id)
    // Of several things about one request the last says how it stands.
    if (request === undefined || last === undefined) return undefined
    return requestLetter(
      app,
      head,
      sight,
      request,
      last,
      // Who only hears of it reads what the desk reads: it asks nothing of them.
      to === DESK || to === ESCALATION || !concerned ? 'site' : 'department',
    )
  }
  const ids = [...new Set(notices.flatMap(({ block }) => block ?? []))]
  const [only] = ids
  if (ids.length !== 1 || only === undefined || last === undefined)
    return blocksLetter(app, head, sight, notices)
  const block = app.ledger.head.blocks.get(only) ?? (await findEndedBlock(app, only))
  if (block === undefined) return undefined
  const letter = isHome(to) ? homeLetter : blockLetter
  return letter(app, head, sight, block, wholeOf(notices.map(({ what }) => what)))
}
