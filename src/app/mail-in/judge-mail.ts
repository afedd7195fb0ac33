import type { ReceivedVerdict } from '../../domain/message.ts'
import { contactsFor } from '../../inventory/contacts.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import type { State } from '../../ledger/state.ts'
import type { ReadMail } from '../../notify/mail/received.ts'
import { AppError } from '../app-error.ts'
import type { App } from '../context.ts'
import { reopenedEvent, saidEvent } from '../requests/answer.ts'
import { unblockFiled } from '../requests/file.ts'
import { isTheirRequest } from '../requests/their-request.ts'
import type { Caller } from '../rights.ts'
import { isTheirs } from '../sight.ts'
import type { Inbox } from './inbox.ts'
import { proofOf } from './proof.ts'
import { referenceOf } from './reference.ts'

/** What is to be done about a mail. */
export interface Judged {
  readonly verdict: ReceivedVerdict
  readonly why: string
  readonly block?: number
  readonly request?: number
  readonly events?: readonly LedgerEvent[]
}

/** What a mail comes to at the head, by who sent it and what proves that. */
export function judgeMail(
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
  const departments = departmentsOfContact(app.inventory, mail.from[0] ?? '')
  if (departments.length === 0) return { verdict: 'held', why: 'sender-unknown', ...about }
  const sender = departmentCaller(caller, departments)
  const proof = proofOf(mail, inbox.authservIds, hasRead(app, sender, head, referred, about))
  if (proof === 'none' || proof === 'failed')
    return { verdict: 'held', why: proof === 'failed' ? 'sender-forged' : 'sender-unproven', ...about }
  if (mail.text.trim() === '') return { verdict: 'held', why: 'no-text', ...about }
  return spoken(app, sender, head, now, mail, about)
}

interface About {
  readonly block?: number
  readonly request?: number
}

/**
 * Whether it answers a mail about the same, and one that went to the sender's departments: what another department was sent
 * about the same block proves nothing about them.
 */
function hasRead(
  app: App,
  sender: Caller,
  head: Readonly<State>,
  { about, threads }: { readonly about: number; readonly threads: ReadonlySet<number> },
  { block, request }: About,
): boolean {
  const near = new Set([about, block, request, ...(head.requestsOf.get(block ?? 0) ?? [])])
  return [...threads].some((number) => {
    if (!near.has(number)) return false
    const asked = head.requests.get(number)
    if (asked !== undefined) return isTheirRequest(app, sender, asked)
    const found = head.blocks.get(number)
    return found !== undefined && isTheirs(app, sender, found)
  })
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
