import { createHash } from 'node:crypto'
import type { ReceivedMail, ReceivedVerdict } from '../../domain/message.ts'
import type { MessageReceived } from '../../ledger/message-events.ts'
import type { State } from '../../ledger/state.ts'
import type { ReadMail, UnreadMail } from '../../notify/mail/received.ts'
import { AppError } from '../app-error.ts'
import type { App } from '../context.ts'
import { type Caller, originOf } from '../rights.ts'
import { requireRight } from '../use-cases.ts'
import type { Inbox } from './inbox.ts'
import { type Judged, judgeMail } from './judge-mail.ts'

/** So many mails wait for a person at the most. */
export const MOST_HELD = 1_000

/** It may be from IT support, on a day on which the machine was busy; another try may take as long. */
const UNREAD: Judged = { verdict: 'held', why: 'took-too-long' }

/** What is known of a mail, read or not. */
type Mail = Pick<ReadMail, 'id' | 'from' | 'subject' | 'text' | 'attachments' | 'failedRecipients'>

/** What became of a mail, for whoever handed it over. */
export interface TakenMail {
  readonly received: number
  readonly verdict: ReceivedVerdict
  /** A code. */
  readonly why: string
  /** The request that it is part of from here on. */
  readonly request?: number
  /** Whether it had come before, and nothing was done now. */
  readonly repeated: boolean
}

/**
 * Takes in a mail: an answer about a request, or to the mail that told of a block. It speaks for a department only when its
 * sender is one of the department's contacts AND something proves that it is from them; it can say, ask and open again what
 * they could, and never lift a block. Everything else is held for a person, or ignored where no person wrote it.
 * @throws AppError `mail-unreadable`, `mail-not-configured`, `mail-busy`, `mail-full`
 */
export async function takeMail(app: App, caller: Caller, raw: Uint8Array): Promise<TakenMail> {
  requireRight(caller, 'takeMail')
  const { inbox } = app
  if (inbox === undefined)
    throw new AppError(409, 'mail-not-configured', 'mail is not configured: nothing here is answered by mail')
  const mail = await readOrRefuse(inbox, raw)
  return app.ledger.commit(
    (head, now) => {
      const judged = 'unread' in mail ? UNREAD : judgeMail(app, inbox, caller, head, now, mail)
      const digest = digestOf(mail, raw, judged.verdict === 'taken')
      if (head.received.has(digest) || head.received.has(digestOf(mail, raw, true)))
        return {
          events: [],
          answer: { received: 0, verdict: 'ignored', why: 'came-before', repeated: true },
        }
      refuseMore(head, judged)
      return recorded(head, caller, mail, digest, judged)
    },
    { bytes: bytesOf(mail), always: false },
  )
}

/**
 * With what it says, and whether it is taken: neither a forged mail under its Message-ID nor a copy of it that came by a list
 * keeps an answer from being taken.
 */
function digestOf({ id, from, text }: Mail, raw: Uint8Array, isTaken: boolean): string {
  return createHash('sha256')
    .update(isTaken ? 'taken' : 'other')
    .update(id === undefined ? raw : JSON.stringify([id, from, text]))
    .digest('base64url')
}

/** Anybody can write to the address: what waits for a person must not grow for ever. */
function refuseMore({ held }: Readonly<State>, { verdict }: Judged): void {
  if (held.size < MOST_HELD || (verdict !== 'held' && verdict !== 'bounced')) return
  throw new AppError(
    503,
    'mail-full',
    `${MOST_HELD} mails wait for a person and no more are kept; see to them (cordon mail)`,
  )
}

/** The most bytes that its events take: the text may be in two, and each character is six at the most as JSON. */
function bytesOf({ text, subject, from, attachments, failedRecipients = [] }: Mail): number {
  const names = attachments.flatMap(({ name, type }) => [name, type])
  const characters = [...from, ...from, ...names, ...failedRecipients].reduce(
    (sum, one) => sum + one.length,
    2 * text.length + subject.length,
  )
  return 8_192 + 64 * attachments.length + 6 * characters
}

async function readOrRefuse(inbox: Inbox, raw: Uint8Array): Promise<ReadMail | UnreadMail> {
  try {
    return await inbox.read(raw)
  } catch (error) {
    const { name, code, message } = error as Error & { readonly code?: string }
    if (name === 'TurnsTaken')
      throw new AppError(503, 'mail-busy', `too many mails are to be read at once: ${message}; try again`)
    if (name !== 'MailUnreadable') throw error
    throw new AppError(422, 'mail-unreadable', `the mail cannot be read (${code ?? 'malformed'}): ${message}`)
  }
}

function recorded(
  head: Readonly<State>,
  caller: Caller,
  mail: Mail,
  digest: string,
  { verdict, why, block, request, events = [] }: Judged,
) {
  const received = head.nextReceived
  const event: MessageReceived = {
    type: 'message.received',
    ...{ received, by: originOf(caller).token, verdict, why, digest },
    ...(block === undefined ? {} : { block }),
    ...(request === undefined ? {} : { request }),
    mail: keptOf(mail, verdict),
  }
  const answer: TakenMail = {
    ...{ received, verdict, why, repeated: false },
    ...(request === undefined ? {} : { request }),
  }
  return { events: [...events, event], answer }
}

/** What was said stands with the request where it was taken; of what no person wrote nothing is kept. */
function keptOf(mail: Mail, verdict: ReceivedVerdict): ReceivedMail {
  const { from, subject, text, id, attachments, failedRecipients = [] } = mail
  const kept = verdict === 'bounced' ? `not delivered to ${failedRecipients.join(', ')}` : text
  return {
    ...{ from: from[0] ?? '', subject, text: verdict === 'held' || verdict === 'bounced' ? kept : '' },
    ...(id === undefined ? {} : { id }),
    attachments: attachments.map(({ name, type, bytes }) => ({ name, type, bytes })),
  }
}
