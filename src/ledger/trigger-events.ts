import type { Category } from '../domain/category.ts'
import type { Trigger, TriggerKind, TriggerRole } from '../domain/trigger.ts'

/** What policies say about a trigger: `none`, that no policy has a rule for it. */
export type TriggerVerdict = 'block' | 'ask' | 'refuse' | 'ignore' | 'none'

/**
 * What was done about a trigger: a block `began` or was `proposed`, its end was moved (`extended`, `ends-soon`), it was
 * `released`, a guard `refused`; or nothing was, as it is simulated, as what is on is right already (`kept`), as a person has
 * released the block of this incident (`left-off`), or as nothing was to do.
 */
export type TriggerDeed =
  | 'began'
  | 'proposed'
  | 'extended'
  | 'ends-soon'
  | 'released'
  | 'kept'
  | 'left-off'
  | 'refused'
  | 'simulated'
  | 'nothing'

/** What a policy would have decided that is tried out. */
export interface Tried {
  readonly policy: string
  readonly rule?: string
  readonly verdict: TriggerVerdict
}

/** A block that a trigger has made, and what keeps or ends it from here on. Times are milliseconds. */
export interface IncidentBlock {
  readonly block: number
  /** Tells this block from others of the incident: what of the traffic it stops, and how. */
  readonly shape: string
  /** It ends then at the latest, whatever the source says. */
  readonly latest: number
  /** How long it stays when the source says that it is over; `keep`, to its end. */
  readonly onClose: number | 'keep'
  /** What shows at its end that it goes on, and how long it then lasts again. */
  readonly goesOn?: {
    readonly packetsPerSecond?: number
    readonly uncounted: 'end' | 'open'
    readonly lasts: number
  }
  /** A person has released it while the incident went on. */
  readonly leftOff?: true
}

/** A trigger was taken in and decided about. */
export interface TriggerTaken {
  readonly type: 'trigger.taken'
  /** Counts triggers, from 1. */
  readonly trigger: number
  /** Id of the token that handed it over. */
  readonly source: string
  readonly format: string
  readonly kind: TriggerKind
  readonly category: Category
  readonly role: TriggerRole
  readonly revision: number
  readonly verdict: TriggerVerdict
  readonly deed: TriggerDeed
  readonly policy?: string
  readonly rule?: string
  readonly tried: readonly Tried[]
  /** Of the block that it is about, one that it has made or another. */
  readonly block?: number
  /** What the incident keeps on from here on, what was made last last. */
  readonly blocks: readonly IncidentBlock[]
  /** The trigger as it was read. */
  readonly record: Trigger
  /** The policy's sentence, or the guard's. */
  readonly why?: string
  /** One name for all triggers of one attack. */
  readonly attack?: string
}

/** What one source says of one incident: all of its triggers, folded. Times are milliseconds since 1970. */
export interface Incident {
  readonly source: string
  readonly id: string
  readonly revision: number
  /** Whether the source says that it goes on. */
  readonly open: boolean
  readonly target: string
  readonly attack?: string
  /** When it was opened within the last day, the last time last. */
  readonly opens: readonly number[]
  /** What it has made since it was opened last. */
  readonly blocks: readonly IncidentBlock[]
  /** The last trigger, when it was taken, and what was decided about it. */
  readonly trigger: number
  readonly at: number
  readonly category: Category
  readonly verdict: TriggerVerdict
  readonly deed: TriggerDeed
  readonly policy?: string
  readonly rule?: string
}
