import type { Conversation, Protocol } from './conversations.ts'

/** What either edition says of one attack. Times and the revision are milliseconds since 1970. */
export interface Said {
  readonly id?: string
  readonly revision: number
  readonly at: number
  readonly action: string
  readonly ip: string
  readonly direction: string
  readonly packetsPerSecond?: number
  readonly bitsPerSecond?: number
  readonly protocol?: Protocol
  readonly conversations: readonly Conversation[]
  readonly labels: Readonly<Record<string, string>>
}
