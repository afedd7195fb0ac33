import type { Letterhead } from '../../notify/letters/letter-data.ts'
import type { Letters } from '../../notify/letters/letters.ts'

/** How the site writes its mails. */
export interface Stationery {
  readonly letters: Letters
  /** The security team, as its mails name it. */
  readonly team: Letterhead['team']
  /** How a block's ticket stands in a subject, with `{ticket}` in it. */
  readonly ticketTag?: string
  /** A Message-ID that nobody can guess; message 0 is the beginning of the thread, which is never sent. */
  readonly idOf: (about: number, message: number) => string
}

const REFERENCE = /^\[Cordon#\d+\]/

/** The subject with what the thread is about ahead of it, and the ticket as another system knows it. */
export function subjectOf(
  { ticketTag }: Pick<Stationery, 'ticketTag'>,
  about: number | undefined,
  ticket: string | undefined,
  subject: string,
): string {
  const tag = about === undefined ? '[Cordon]' : `[Cordon#${about}]`
  const other = ticketTag === undefined || ticket === undefined ? '' : ` ${ticketOf(ticketTag, ticket)}`
  return REFERENCE.test(subject) ? subject : `${tag}${other} ${subject}`
}

/** Of `RT#4711` the number alone: the tag says whose it is. */
function ticketOf(tag: string, ticket: string): string {
  return tag.replace('{ticket}', ticket.replace(/^[A-Za-z]+[#-]?(?=\d)/, ''))
}
