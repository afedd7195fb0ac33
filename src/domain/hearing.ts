import type { MailAddress } from './mail-address.ts'
import type { NoticeKind } from './message.ts'

/** Somebody, or a webhook, who hears of what the site has said. */
export interface Listener {
  readonly name: string
  /** Addresses, or the name of a webhook. */
  readonly by: { readonly mail: readonly MailAddress[] } | { readonly webhook: string }
  /** All kinds when left out. */
  readonly of?: readonly NoticeKind[]
  /** Of these departments and their parts alone. */
  readonly departments?: readonly string[]
}

/** Who hears of what. Left out of a list, nobody does. */
export interface Hearing {
  /** Whether departments, connections and the desk are written to. */
  readonly mail: boolean
  /** The analysts. */
  readonly desk: readonly MailAddress[]
  /** Who is told of what is overdue. */
  readonly escalation: readonly MailAddress[]
  /** Who is told of what awaits agreement. */
  readonly approvers: readonly MailAddress[]
  /** Has a copy of every mail. */
  readonly security?: MailAddress
  readonly listeners: readonly Listener[]
  /** The same receiver hears of blocks at most so often, in milliseconds; of the first at once. */
  readonly every: number
}
