import type { LaterClass } from '../../notify/later-class.ts'

/** How a try to send something ended: it was taken on, refused for good, or why it is tried again. */
export type TryOutcome = 'sent' | 'refused' | LaterClass

/** How one way out stands, since the start. */
export interface Standing {
  /** `mail`, `webhook:NAME`. */
  readonly by: string
  /** Something waits, and nothing comes through at present. */
  readonly stuck: boolean
  readonly tries: ReadonlyMap<TryOutcome, number>
  /** When something was taken on last, milliseconds since 1970. */
  readonly sentAt?: number
}
