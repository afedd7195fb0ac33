import type { Message } from '../domain/message.ts'
import type { LaterClass } from './later-class.ts'

/** What became of one try to send a message. */
export type Tried =
  | {
      readonly outcome: 'sent'
      /** Addresses that are still to be served. */
      readonly left: readonly string[]
      /** Addresses that were refused for good, with the words. */
      readonly refused: readonly string[]
    }
  /** Not now: `all`, nothing else would come through either; `after`, no earlier than in so many milliseconds. */
  | {
      readonly outcome: 'later'
      readonly class: LaterClass
      readonly words: string
      readonly all: boolean
      readonly after?: number
    }
  | { readonly outcome: 'refused'; readonly words: string }

/** What takes messages on: `mail`, and webhooks by name. */
export interface Transport {
  /** Tries once, in bounded time. What it has taken on twice can be told by the message's number. */
  send(message: Message, signal: AbortSignal): Promise<Tried>
}
