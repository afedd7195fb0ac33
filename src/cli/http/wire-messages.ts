/** Something that waits to be sent, or that could not be sent. Times are RFC 3339. */
export interface Message {
  readonly id: number
  /** Whom it is for, such as `itss:physics` or `desk`. */
  readonly to: string
  /** `mail`, or `webhook:NAME`. */
  readonly by: string
  readonly queuedAt: string
  readonly blocks: readonly number[]
  readonly request?: number
  readonly letter?: {
    readonly to: readonly Address[]
    readonly cc: readonly Address[]
    readonly subject: string
    readonly text: string
  }
  /** Of a webhook. */
  readonly body?: string
  /** Who has not got it yet, where others have. */
  readonly left?: readonly string[]
  readonly dead?: { readonly at: string; readonly words: string }
}

interface Address {
  readonly name?: string
  readonly mail: string
}

export interface MessagePage {
  readonly messages: readonly Message[]
  readonly next?: number
  /** How much is still to be written down for each receiver. */
  readonly pending: readonly Pending[]
}

export interface Pending {
  readonly to: string
  readonly notices: number
}

/** A mail that came in and waits for a person. */
export interface HeldMail {
  readonly id: number
  readonly at: string
  readonly verdict: string
  /** A code. */
  readonly why: string
  readonly block?: number
  readonly request?: number
  /** As it says. */
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly bytes: number }[]
}

/** What became of a mail that was handed over. */
export interface TakenMail {
  /** Its number; 0 for one that had come before. */
  readonly received: number
  readonly verdict: string
  readonly why: string
  readonly request?: number
  readonly repeated: boolean
}
