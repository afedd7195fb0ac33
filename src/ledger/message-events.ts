import type { Letter, Notice, ReceivedMail, ReceivedVerdict } from '../domain/message.ts'

/** Receivers are to be told of what happened up to an event. */
export interface OutboxNoted {
  readonly type: 'outbox.noted'
  readonly upTo: number
  readonly notices: readonly Notice[]
}

/** What one receiver is to be told up to an event was written down, to be sent. */
export interface MessageQueued {
  readonly type: 'message.queued'
  /** Counts messages, from 1. */
  readonly message: number
  readonly to: string
  /** `mail`, or `webhook:NAME`. */
  readonly by: string
  /** Its notices up to this event are in it. */
  readonly upTo: number
  /** How many those are. */
  readonly notices: number
  readonly blocks: readonly number[]
  readonly request?: number
  readonly letter?: Letter
  readonly body?: string
}

/** Whoever takes it on has said so. */
export interface MessageSent {
  readonly type: 'message.sent'
  readonly message: number
  readonly blocks: readonly number[]
  readonly request?: number
  /** Addresses that are still to be served. */
  readonly left?: readonly string[]
  /** Addresses that were refused for good, with what was said. */
  readonly refused?: readonly string[]
}

/** It is not tried any more. */
export interface MessageDead {
  readonly type: 'message.dead'
  readonly message: number
  readonly blocks: readonly number[]
  readonly request?: number
  readonly words: string
}

/** A person lets it be tried again. */
export interface MessageAgain {
  readonly type: 'message.again'
  readonly message: number
  readonly blocks: readonly number[]
  readonly request?: number
  readonly by: string
}

/** A person lets go of it. */
export interface MessageDropped extends Omit<MessageAgain, 'type'> {
  readonly type: 'message.dropped'
}

/** A mail came in, and what became of it. */
export interface MessageReceived {
  readonly type: 'message.received'
  /** Counts mails that came in, from 1. */
  readonly received: number
  readonly by: string
  readonly verdict: ReceivedVerdict
  /** Why, as a code. */
  readonly why: string
  /** SHA-256 of whether it was taken, and of its Message-ID, sender and text, or all of it without an id: it is taken once. */
  readonly digest: string
  readonly block?: number
  readonly request?: number
  readonly mail?: ReceivedMail
}

/** A person has seen to a mail that was held. */
export interface MessageJudged {
  readonly type: 'message.judged'
  readonly received: number
  readonly by: string
}

export type MessageEvent =
  | OutboxNoted
  | MessageQueued
  | MessageSent
  | MessageDead
  | MessageAgain
  | MessageDropped
  | MessageReceived
  | MessageJudged
