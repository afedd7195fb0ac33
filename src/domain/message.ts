import type { MailAddress } from './mail-address.ts'

/** What somebody is told of. */
export const NOTICES = [
  'block.began',
  'block.proposed',
  'block.changed',
  'block.ended',
  'request.filed',
  'request.taken',
  'request.said',
  'request.settled',
  'request.reopened',
  'request.due',
  'request.reminded',
] as const
export type NoticeKind = (typeof NOTICES)[number]

/**
 * One thing that one receiver is to be told. `to` names the receiver: `itss:DEPARTMENT`, `connection:NAME`, `home:REALM`, `desk`,
 * `escalation`, or one that the site has named. `seq` is the event's.
 */
export interface Notice {
  readonly to: string
  readonly what: NoticeKind
  readonly seq: number
  readonly block?: number
  readonly request?: number
}

/** What is to be sent by SMTP, as it will be sent each time that it is tried. */
export interface Letter {
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly subject: string
  readonly text: string
  /** Message-IDs, without angle brackets. */
  readonly inReplyTo?: string
  readonly references: readonly string[]
}

/** Something that waits to be sent, or that could not be sent. Times are milliseconds since 1970. */
export interface Message {
  readonly id: number
  /** Whom it is for, as in {@link Notice}. */
  readonly to: string
  /** `mail`, or `webhook:NAME`. */
  readonly by: string
  readonly queuedAt: number
  readonly blocks: readonly number[]
  readonly request?: number
  readonly letter?: Letter
  /** Of a webhook: what is posted, JSON. */
  readonly body?: string
  /** Those who have not got it yet, where others have. */
  readonly left?: readonly string[]
  /** Why it is not tried any more. */
  readonly dead?: { readonly at: number; readonly words: string }
}

/**
 * What became of a mail that came in: it was `taken` as an answer, `held` for a person because nothing proves that its
 * sender may say that, `ignored` as no person wrote it, or it is the report that one of ours could not be delivered.
 */
export const RECEIVED_VERDICTS = ['taken', 'held', 'ignored', 'bounced'] as const
export type ReceivedVerdict = (typeof RECEIVED_VERDICTS)[number]

/** A mail as it was read. Attachments are named, and not kept. */
export interface ReceivedMail {
  readonly from: string
  readonly subject: string
  readonly text: string
  /** Message-ID, without angle brackets. */
  readonly id?: string
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly bytes: number }[]
}

/** A mail that came in and was not taken as an answer. */
export interface HeldMail {
  readonly id: number
  /** Of the event. */
  readonly seq: number
  readonly at: number
  readonly verdict: Exclude<ReceivedVerdict, 'taken' | 'ignored'>
  /** A code. */
  readonly why: string
  readonly block?: number
  readonly request?: number
  readonly mail: ReceivedMail
}

/** A line in our mails; what stands from it on in an answer is our own. */
export const ANSWER_MARKER = '-- Please write your answer above this line. --'
