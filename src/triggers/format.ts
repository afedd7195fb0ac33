import type { TSchema } from 'typebox'
import type { Prefix } from '../domain/prefix.ts'
import type { TriggerInput } from '../domain/trigger.ts'

/** What a format may ask beside the record. `now` is milliseconds since 1970. */
export interface FormatContext {
  readonly now: number
  isOwn(prefix: Prefix): boolean
}

/** What a record says, and what of it is about nobody of ours, each with a sentence why. */
export interface Reading {
  readonly triggers: readonly TriggerInput[]
  readonly ignored: readonly { readonly what: string; readonly why: string }[]
}

/** How one kind of source writes its detections. */
export interface TriggerFormat {
  readonly name: string
  /** Of one record. */
  readonly schema: TSchema
  /** @throws InputError with the path of what is wrong */
  read(record: unknown, context: FormatContext): Reading
}
