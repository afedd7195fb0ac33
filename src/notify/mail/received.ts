/** A mail that somebody has sent us, as far as it is of use. Everything in it may be forged. */
export interface ReadMail {
  /** Message-IDs have no brackets, here and below. */
  readonly id?: string
  /** Addr-specs, one exactly; domains are in lower case here and below. */
  readonly from: readonly string[]
  readonly sender?: string
  /** Of the envelope, as the last server has written it down; empty for a bounce. */
  readonly returnPath?: string
  /** To and Cc. */
  readonly to: readonly string[]
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly date?: number
  readonly inReplyTo: readonly string[]
  readonly references: readonly string[]
  /** What the person wrote: plain text, without what stands from the marker on. */
  readonly text: string
  /** There was more: a quoted mail of ours, or more than is kept. */
  readonly cut: boolean
  /** Named alone: nothing of them is kept or opened. */
  readonly attachments: readonly MailAttachment[]
  /** No person wrote it: a bounce, a vacation, a list (RFC 3834). */
  readonly automatic: boolean
  /** Message-IDs of mails that could not be delivered (RFC 3464). */
  readonly bounceOf?: readonly string[]
  /** To whom they could not; stands beside `bounceOf`. */
  readonly failedRecipients?: readonly string[]
  /** What servers have written about the sender, from the top, each with its name: whom to believe is the reader's to say (RFC 8601 §5). */
  readonly authentication: readonly Authentication[]
}

/** A mail that took too long to read: what stands at its beginning, as it came. */
export interface UnreadMail extends Pick<ReadMail, 'subject' | 'text' | 'attachments'> {
  readonly unread: true
  /** Empty where its sender cannot be told. */
  readonly from: readonly string[]
}

export interface MailAttachment {
  readonly name: string
  readonly type: string
  readonly bytes: number
  readonly sha256: string
}

export const METHODS = ['dkim', 'spf', 'dmarc', 'arc', 'auth'] as const

export interface Authentication {
  /** Which of the mail's fields it stands in, from the top; the first is 0. */
  readonly field: number
  /** The authserv-id, in lower case. */
  readonly server: string
  readonly method: (typeof METHODS)[number]
  readonly result: string
  /** For whom it is: `header.d` or `header.i`, `smtp.mailfrom` or `smtp.helo`, `header.from`; in lower case. */
  readonly domain?: string
}

/** What is taken of one mail. */
export interface MailLimits {
  readonly bytes: number
  /** Of the header section, and of each part's. */
  readonly headerBytes: number
  readonly headerLines: number
  readonly parts: number
  readonly depth: number
  /** Characters of text that are kept. */
  readonly text: number
  /** Milliseconds for all of it. */
  readonly time: number
}

export const MAIL_LIMITS: MailLimits = {
  bytes: 10 << 20,
  headerBytes: 256 << 10,
  headerLines: 2_000,
  parts: 100,
  depth: 10,
  text: 20_000,
  time: 20_000,
}

export const UNREADABLE = ['too-large', 'too-deep', 'too-many-parts', 'no-sender', 'malformed'] as const
export type UnreadableCode = (typeof UNREADABLE)[number]

/** A mail that is not read, and why. */
export class MailUnreadable extends Error {
  readonly code: UnreadableCode

  constructor(code: UnreadableCode, message: string) {
    super(message)
    this.name = 'MailUnreadable'
    this.code = code
  }
}
