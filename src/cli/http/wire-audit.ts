import type { EventMessage } from './wire.ts'

/** An event, and who did it; nobody did an expiry. */
export interface AuditEntry extends EventMessage {
  readonly who?: { readonly token?: string; readonly person?: string; readonly name: string }
}

/** `next` goes on, as `before` or `after`; a page may be empty and have one. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly next?: number
}
