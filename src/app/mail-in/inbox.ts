import type { ReadMail, UnreadMail } from '../../notify/mail/received.ts'

/** What reads mail that comes in, and what of it is believed. */
export interface Inbox {
  /** @throws MailUnreadable, TurnsTaken */
  read(raw: Uint8Array): Promise<ReadMail | UnreadMail>
  /** What a Message-ID of ours is about, where nobody but us can have made it. */
  aboutOf(id: string): number | undefined
  /** Whose words about a sender are believed (RFC 8601 §5), in lower case. */
  readonly authservIds: readonly string[]
}
