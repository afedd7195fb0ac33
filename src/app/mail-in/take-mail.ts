import { hash } from 'node:crypto'
import type { ReceivedMail, ReceivedVerdict } from '../../domain/message.ts'
import { contactsFor } from '../../inventory/contacts.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import type { MessageReceived } from '../../ledger/message-events.ts'
import type { State } from '../../ledger/state.ts'
import type { ReadMail } from '../../notify/mail/received.ts'
import { AppError } from '../app-error.ts'
import type { App } from '../context.ts'
import { reopenedEvent, saidEvent } from '../requests/answer.ts'
import { unblockFiled } from '../requests/file.ts'
import { type Caller, originOf } from '../rights.ts'
import { requireRight } from '../use-cases.ts'
import type { Inbox } from './inbox.ts'
import { proofOf } from './proof.ts'
import { referenceOf } from './reference.ts'

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
 * @throws AppError `mail-unreadable`, `mail-not-configured`
 */
export async function takeMail(app: App, caller: Caller, raw: Uint8Array): Promise<TakenMail> {
  requireRight(caller, 'takeMail')
  const { inbox } = app
  if (inbox === undefined)
    throw new AppError(409, 'mail-not-configured', 'mail is not configured: nothing here is answered by mail')
  const mail = await readOrRefuse(inbox, raw)
  const digest = digestOf(mail, raw)
  return app.ledger.commit(
    (head, now) => {
      if (head.received.has(digest))
        return {
          events: [],
          answer: { received: 0, verdict: 'ignored', why: 'came-before', repeated: true },
        }
      const judged = judge(app, inbox, caller, head, now, mail)
      return recorded(head, caller, mail, digest, judged)
    },
    { bytes: 8_192 + 12 * (mail.text.length + mail.subject.length), always: false },
  )
}

/** With what it says: whoever sends another mail under its Message-ID beforehand keeps it from nothing. */
function digestOf({ id, from, text }: ReadMail, raw: Uint8Array): string {
  return hash('sha256', id === undefined ? raw : JSON.stringify([id, from, text]), 'base64url')
}

async function readOrRefuse(inbox: Inbox, raw: Uint8Array): Promise<ReadMail> {
  try {
    return await inbox.read(raw)
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    if ((error as Error).name !== 'MailUnreadable') throw error
    throw new AppError(422, 'mail-unreadable', `the mail cannot be read (${code ?? 'malformed'}): ${message}`)
  }
}

/** What is to be done about a mail. */
interface Judged {
  readonly verdict: ReceivedVerdict
  readonly why: string
  readonly block?: number
  readonly request?: number
  readonly events?: readonly LedgerEvent[]
}

function judge(
  app: App,
  inbox: Inbox,
  caller: Caller,
  head: Readonly<State>,
  now: number,
  mail: ReadMail,
): Judged {
  if (mail.bounceOf !== undefined) {
    const about = mail.bounceOf.flatMap((id) => inbox.aboutOf(id) ?? []).at(-1)
    // A report about nothing of ours is what spam with our address leads to.
    if (about === undefined) return { verdict: 'ignored', why: 'not-ours' }
    return { verdict: 'bounced', why: 'undeliverable', ...aboutOf(head, about) }
  }
  if (mail.automatic) return { verdict: 'ignored', why: 'automatic' }
  const referred = referenceOf(mail, (id) => inbox.aboutOf(id))
  if ('why' in referred) return { verdict: 'held', why: referred.why }
  const about = aboutOf(head, referred.about)
  if (about.block === undefined && about.request === undefined)
    return { verdict: 'held', why: 'unknown-reference' }
  const near = [referred.about, about.block, about.request, ...(head.requestsOf.get(about.block ?? 0) ?? [])]
  const isThread = near.some((number) => number !== undefined && referred.threads.has(number))
  const departments = departmentsOfContact(app.inventory, mail.from[0] ?? '')
  if (departments.length === 0) return { verdict: 'held', why: 'sender-unknown', ...about }
  const proof = proofOf(mail, inbox.authservIds, isThread)
  if (proof === 'none' || proof === 'failed')
    return { verdict: 'held', why: proof === 'failed' ? 'sender-forged' : 'sender-unproven', ...about }
  if (mail.text.trim() === '') return { verdict: 'held', why: 'no-text', ...about }
  return spoken(app, departmentCaller(caller, departments), head, now, mail, about)
}

interface About {
  readonly block?: number
  readonly request?: number
}

/** A number is one of a request, or of a block. */
function aboutOf({ requests, blocks }: Readonly<State>, number: number): About {
  const request = requests.get(number)
  if (request !== undefined)
    return { request: number, ...(request.block === undefined ? {} : { block: request.block }) }
  return blocks.has(number) ? { block: number } : {}
}

/** Departments for which an address answers. */
function departmentsOfContact(inventory: Inventory, sender: string): string[] {
  const mail = sender.toLowerCase()
  return [...inventory.departments.keys()].filter((name) =>
    contactsFor(inventory, { kind: 'department', name })
      .flatMap(({ contacts }) => contacts)
      .some((contact) => contact.mail.toLowerCase() === mail),
  )
}

/** As an ITSS of these departments, with no right but to ask. */
function departmentCaller({ token }: Caller, departments: readonly string[]): Caller {
  return { token, scopes: new Set(['blocks:read', 'requests:read', 'requests:write']), departments }
}

function spoken(
  app: App,
  sender: Caller,
  head: Readonly<State>,
  now: number,
  mail: ReadMail,
  about: About,
): Judged {
  const words = { text: mail.text, mail: mail.from[0] ?? '' }
  try {
    const event = answerOf(app, sender, head, now, words, about)
    return { verdict: 'taken', why: event.type, ...about, request: event.request, events: [event] }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // What is not the sender's is not there for them.
    const why = error.code === 'not-found' ? 'sender-has-no-right' : error.code
    return { verdict: 'held', why, ...about }
  }
}

/** Says it about the request that is open, opens the one that was denied, or asks for the block to be lifted. */
function answerOf(
  app: App,
  sender: Caller,
  head: Readonly<State>,
  now: number,
  words: { readonly text: string; readonly mail: string },
  { block, request }: About,
) {
  const id = request ?? latestOf(head, block)
  const settled = id === undefined ? undefined : head.requests.get(id)?.settled
  if (id !== undefined && settled === undefined) return saidEvent(app, sender, head, now, id, words)
  if (id !== undefined && (request !== undefined || settled?.how === 'denied'))
    return reopenedEvent(app, sender, head, now, id, words)
  return unblockFiled(app, sender, head, now, { block: block ?? 0, ...words })
}

function latestOf({ requests, requestsOf }: Readonly<State>, block: number | undefined): number | undefined {
  const all = block === undefined ? [] : (requestsOf.get(block) ?? [])
  return all.filter((id) => requests.get(id)?.kind === 'unblock').at(-1)
}

function recorded(
  head: Readonly<State>,
  caller: Caller,
  mail: ReadMail,
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
function keptOf(mail: ReadMail, verdict: ReceivedVerdict): ReceivedMail {
  const { from, subject, text, id, attachments, failedRecipients = [] } = mail
  const kept = verdict === 'bounced' ? `not delivered to ${failedRecipients.join(', ')}` : text
  return {
    ...{ from: from[0] ?? '', subject, text: verdict === 'held' || verdict === 'bounced' ? kept : '' },
    ...(id === undefined ? {} : { id }),
    attachments: attachments.map(({ name, type, bytes }) => ({ name, type, bytes })),
  }
}
