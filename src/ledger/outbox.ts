import type { HeldMail, Message, Notice } from '../domain/message.ts'

/** What receivers are to be told, as folded from the ledger. */
export interface Outbox {
  /** The event up to which receivers have been noted; `undefined` while nobody is told of anything. */
  heard: number | undefined
  /** What each receiver is still to be told, the oldest first. */
  readonly pending: Map<string, Notice[]>
  /** When each receiver was last written to about blocks. */
  readonly told: Map<string, number>
  nextMessage: number
  nextReceived: number
  /** What waits to be sent, and what could not be. */
  readonly messages: Map<number, Message>
  /** When each mail of the last days came in, by its digest. */
  readonly received: Map<string, number>
  /** Mails that wait for a person. */
  readonly held: Map<number, HeldMail>
}

export function emptyOutbox(): Outbox {
  return {
    heard: undefined,
    pending: new Map(),
    told: new Map(),
    nextMessage: 1,
    nextReceived: 1,
    messages: new Map(),
    received: new Map(),
    held: new Map(),
  }
}
