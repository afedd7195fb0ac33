import type { Readable, Writable } from 'node:stream'
import type { AdapterError } from '../adapter.ts'

/** Where nft runs: on this host or on another. */
export interface Place {
  /** An nft that does one thing and reads nothing. Its arguments are single words ({@link farLine}). */
  start(args: readonly string[]): NftProcess
  /** An nft that takes a transaction a line, until its input ends. */
  interactive(): Interactive
  /** Leaves nothing of ours running there, as far as it can be reached. Bounded; never rejects. */
  close(): Promise<void>
}

export interface NftProcess {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Never rejects. */
  readonly ended: Promise<Ending>
  /** Whether the kernel lists it as a subscriber to its reports; absent where that cannot be seen. */
  readonly isSubscribed?: () => Promise<boolean>
  /** Ends it, elsewhere by leaving it without anybody to talk to; `ended` follows in bounded time. */
  kill(): void
}

export interface Interactive extends NftProcess {
  readonly stdin: Writable
}

/** How a process ended. */
export interface Ending {
  /** Undefined when it was killed, was never started, or was lost. */
  readonly code: number | undefined
  /** Its complaint, empty when it had none. */
  readonly words: string
  /** Why nobody knows how it ended. */
  readonly lost: AdapterError | undefined
}
