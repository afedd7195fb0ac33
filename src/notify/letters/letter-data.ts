import type { Ending } from '../../domain/block.ts'
import type { LogsWanted, Reminder, Settlement } from '../../domain/request.ts'

/**
 * What each template is given. Times are milliseconds since 1970. What is not known is `null` and never left out, so that
 * a name that is written wrong in a template is an error and not nothing.
 */

/** Who writes, and by whose clock. */
export interface Letterhead {
  /** IANA zone by which times are written out. */
  readonly zone: string
  /** The security team. */
  readonly team: { readonly name: string; readonly mail: string; readonly phone: string | null }
  /** Whether it is the reader's to do something about, and to answer; who only hears of it is told nothing of that. */
  readonly concerned: boolean
}

/** A block in one line. */
export interface BlockLine {
  /** Such as `Cordon#1042`. */
  readonly reference: string
  readonly target: string
  readonly reason: string
  /** `null` for one that stays until it is lifted. */
  readonly until: number | null
}

export interface BlockAbout extends BlockLine {
  readonly number: number
  /** Names of hosts that are known to be hit. */
  readonly hosts: readonly string[]
  readonly department: string | null
  readonly since: number
  /** What happened, in words for people. */
  readonly category: string | null
  readonly advice: { readonly title: string; readonly text: string } | null
  /** It was released not long ago, and this is the same again. */
  readonly probation: { readonly released: number; readonly reference: string } | null
}

export interface RequestAbout {
  readonly reference: string
  readonly number: number
  readonly department: string
  /** The block that it is about. */
  readonly block: Pick<BlockLine, 'reference' | 'target'> | null
}

/** Somebody who said something. */
export interface Speaker {
  readonly name: string
  readonly mail: string | null
}

interface About {
  readonly request: RequestAbout
}

interface Said {
  readonly text: string | null
  readonly actions: readonly string[]
}

interface Settled extends About, Said {
  readonly how: Settlement
  /** What still holds the target, where it was lifted. */
  readonly still: readonly BlockLine[]
  /** How many more, of which the reader may know no more. */
  readonly hidden: number
}

interface Filed extends About {
  /** What was written with it. */
  readonly text: string
  readonly due: number | null
  readonly acknowledgeBy: number | null
}

/** A date that was set otherwise; `null` while the clock stands still. */
interface Moved extends About {
  readonly before: number | null
  readonly now: number | null
  readonly why: string
}

/** By the name of the template. */
export interface LetterData {
  readonly 'block-began': Letterhead & { readonly block: BlockAbout }
  readonly 'blocks-many': Letterhead & {
    readonly counts: { readonly began: number; readonly changed: number; readonly ended: number }
    /** Fifty at the most. */
    readonly lines: readonly (BlockLine & { readonly what: 'began' | 'changed' | 'ended' })[]
    /** How many are not among the lines. */
    readonly more: number
  }
  /** Its end was moved; it is as it stands by now. */
  readonly 'block-changed': Letterhead & { readonly block: BlockAbout }
  readonly 'block-ended': Letterhead & {
    readonly block: BlockAbout
    readonly how: Ending
    readonly at: number
    readonly still: readonly BlockLine[]
    /** How many more, of which the reader may know no more. */
    readonly hidden: number
    /** A repeat until then counts as one. */
    readonly probationUntil: number | null
  }
  readonly 'home-block-began': Letterhead & { readonly block: BlockAbout }
  readonly 'home-block-ended': Letterhead & { readonly block: BlockAbout; readonly at: number }
  readonly 'request-filed': Letterhead & Filed
  readonly 'request-taken': Letterhead & About & { readonly due: number | null }
  readonly 'request-said': Letterhead & About & Said & { readonly due: number | null }
  readonly 'request-settled': Letterhead & Settled
  readonly 'request-reopened': Letterhead &
    About & { readonly text: string | null; readonly due: number | null }
  readonly 'request-due': Letterhead & Moved
  readonly 'request-reminded': Letterhead & About & { readonly stage: Reminder; readonly due: number | null }
  readonly 'logs-filed': Letterhead & Filed & { readonly logs: LogsWanted; readonly within: string }
  readonly 'desk-block-proposed': Letterhead & {
    readonly block: BlockAbout
    readonly by: Speaker
    readonly asks: readonly string[]
    readonly lapses: number
  }
  readonly 'desk-request-filed': Letterhead & Filed & { readonly by: Speaker }
  readonly 'desk-request-said': Letterhead &
    About &
    Said & { readonly by: Speaker; readonly due: number | null }
  readonly 'desk-request-settled': Letterhead & Settled & { readonly by: Speaker }
  readonly 'desk-request-reopened': Letterhead &
    About & { readonly by: Speaker; readonly text: string | null; readonly due: number | null }
  readonly 'desk-request-reminded': Letterhead &
    About & { readonly stage: Reminder; readonly due: number | null }
}

export type LetterName = keyof LetterData

/** The source of each template. */
export type LetterSources = { readonly [Name in LetterName]: string }
