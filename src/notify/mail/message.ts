import type { MailAddress } from '../../domain/mail-address.ts'
import type { LaterClass } from '../later-class.ts'

/** A mail that is ready to go: plain text, with nothing left to render. */
export interface MailMessage {
  /** Message-ID without its brackets; the same at each try, so that a double can be told. */
  readonly id: string
  readonly from: MailAddress
  readonly replyTo?: MailAddress
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly subject: string
  readonly text: string
  /** Milliseconds since 1970; the same at each try. */
  readonly date: number
  /** Message-IDs without brackets (RFC 5322 §3.6.4). */
  readonly inReplyTo?: string
  readonly references: readonly string[]
  /** Our own beside, such as `X-Cordon-Reference`. */
  readonly headers: Readonly<Record<string, string>>
}

/** A recipient whom the server will never take, and its words. */
export interface RefusedRecipient {
  readonly mail: string
  readonly words: string
}

/** What became of one try. Words are safe to keep and to show: one line, without a password. */
export type Delivery =
  | {
      readonly outcome: 'sent'
      readonly words: string
      /** For good, as the server says. */
      readonly refused: readonly RefusedRecipient[]
      /** Whom the server put off: to be served by a try with these alone, or the others have it twice. */
      readonly left: readonly string[]
    }
  | {
      readonly outcome: 'later'
      readonly class: LaterClass
      readonly words: string
      /** The whole mail was handed over and no answer came: the server may have it, and another try may be a double. */
      readonly maybeTaken: boolean
    }
  | { readonly outcome: 'refused'; readonly words: string }

export interface Mailer {
  /**
   * Tries once, in bounded time. One at a time goes over the wire; others wait their turn.
   * @param envelope addr-specs of whom it is for this time; left out: everybody in To and Cc
   * @throws InputError when the message itself cannot be sent as it is
   */
  send(message: MailMessage, signal: AbortSignal, envelope?: readonly string[]): Promise<Delivery>
  /** Ends the connection; a mail that is under way ends as `later`. */
  close(): Promise<void>
}
