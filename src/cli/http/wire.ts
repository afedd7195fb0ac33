import type { Category } from '../../domain/category.ts'
import type { Action } from './wire-action.ts'
import type { Quota } from './wire-quota.ts'
import type { RequestBrief } from './wire-requests.ts'

/** The API's objects as the CLI reads them; the API may send more. Times are RFC 3339. */

export interface Block {
  readonly id: number
  readonly name: string
  readonly target: string
  readonly match?: Readonly<Record<string, string | undefined>>
  readonly direction: string
  readonly action: Action
  readonly collateral: readonly string[]
  readonly scope: string
  readonly stations?: readonly string[]
  readonly origin: { readonly kind: string; readonly token: string; readonly name?: string }
  readonly reason: string
  readonly ticket?: string
  readonly category?: string
  /** What whoever looks after its target is to do. */
  readonly advice?: { readonly name: string; readonly title: string; readonly text: string }
  readonly createdAt: string
  readonly until: string | null
  readonly proposal?: Proposal
  /** Names of the people who agreed. */
  readonly agreed?: readonly string[]
  readonly emergency?: boolean
  /** Its prefixes, where the target does not say them. */
  readonly covers?: readonly string[]
  /** It is about whoever had this address then. */
  readonly lease?: { readonly address: string; readonly at: string }
  /** What a person should look at. */
  readonly flag?: string
  /** A block of the same target that was lifted on request not long before. */
  readonly repeats?: { readonly block: number; readonly request: number; readonly releasedAt: string }
  readonly cause?: { readonly trigger: number; readonly policy: string; readonly rule: string }
  /** What is asked about it. */
  readonly requests?: readonly RequestBrief[]
  readonly version: number
  readonly endedAt?: string
  readonly ending?: string
  readonly standing: string
  readonly holdings: readonly Holding[]
  readonly gaps: readonly Gap[]
}

/** What waits for the agreement of people. */
export interface Proposal {
  readonly digest: string
  readonly asks: readonly string[]
  readonly expires: string
  readonly lastsMs?: number
  readonly until?: string | null
  readonly agreed: readonly string[]
  readonly needed: number
  readonly participants: readonly string[]
}

export interface Holding {
  readonly device: string
  readonly rule: string
  readonly state: string
  readonly evidence: string
  readonly best: string
  readonly inForce: boolean
  readonly error?: { readonly class: string; readonly words: string }
  readonly enforcers: readonly { readonly name: string; readonly seen: boolean; readonly why?: string }[]
}

export interface Gap {
  readonly device?: string
  readonly ingress?: string
  readonly direction?: string
  readonly code: string
  readonly why: string
}

export interface Refusal {
  readonly guard: string
  readonly code: string
  readonly message: string
}

export interface Plan {
  readonly taken: boolean
  readonly target: string
  readonly match?: Readonly<Record<string, string | undefined>>
  readonly direction: string
  readonly action: Action
  readonly scope: string
  readonly stations?: readonly string[]
  readonly until: string | null
  readonly radius: {
    readonly ipv4Addresses: number
    readonly ipv6Hosts: number
    readonly ownHosts: number
    readonly sharedUsers: number
    readonly departments: readonly string[]
    readonly connections: readonly string[]
    readonly outside: boolean
    readonly widened: readonly string[]
  }
  readonly lease?: { readonly address: string; readonly at: string }
  readonly affected?: {
    readonly knownHosts: number
    readonly hosts: readonly { readonly name: string; readonly address: string }[]
    readonly contacts: readonly {
      readonly of: string
      readonly why: string
      readonly people: readonly { readonly name: string; readonly mail: string; readonly phone?: string }[]
    }[]
  }
  readonly covers?: readonly string[]
  readonly digest: string
  readonly refusals: readonly Refusal[]
  readonly asks: readonly { readonly code: string; readonly message: string }[]
  readonly rules: readonly {
    readonly device: string
    readonly rule: string
    readonly change: string
    readonly entries: number
    readonly maxEntries: number
  }[]
  readonly gaps: readonly Gap[]
  /** Quotas that are nearly used up, with this block. */
  readonly near?: readonly Quota[]
}

export interface BlockPage {
  readonly blocks: readonly Block[]
  readonly next?: string
}

export interface Explanation {
  readonly target: string
  readonly own: boolean
  readonly departments: readonly string[]
  readonly protected: readonly { readonly prefix: string; readonly role: string; readonly name: string }[]
  readonly active: readonly (Block & { readonly because: string })[]
  readonly ended: readonly Block[]
  readonly summary: string
}

export interface Enforcer {
  readonly name: string
  readonly trouble?: string
  readonly late?: { readonly count: number; readonly words: string }
}

export interface Device {
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly since: string
  readonly error?: { readonly class: string; readonly words: string }
  readonly conditions: Readonly<Record<string, string>>
  readonly entries: number
  readonly maxEntries: number
  readonly backlog: number
  readonly failing: number
  readonly hold?: { readonly by: string; readonly until: string; readonly reason: string }
  readonly withheld?: { readonly count: number; readonly why: string }
  readonly enforcers: readonly Enforcer[]
  readonly evidence: string
}

export interface DeviceCheck {
  readonly device: string
  readonly kind: string
  readonly inLine: boolean
  readonly readAt?: string
  readonly tookMs?: number
  readonly error?: { readonly class: string; readonly code: string; readonly words: string }
  readonly wanted?: number
  readonly held?: number
  readonly foreign?: number
  readonly counts: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
  readonly enforcers: readonly {
    readonly name: string
    readonly trouble?: string
    readonly expected: number
    readonly seen: number
    readonly unseen: readonly string[]
    readonly lingering: readonly string[]
  }[]
  readonly checks?: readonly { readonly what: string; readonly ok: boolean; readonly words: string }[]
}

export interface Finding {
  readonly what: string
  readonly rule: string
  readonly blocks: readonly number[]
  readonly wanted?: Action
  readonly found?: Action
  readonly error?: { readonly class: string; readonly words: string }
}

export interface Hits {
  readonly block: number
  readonly name: string
  readonly packets: number
  readonly bytes: number
  readonly lastHit?: string
  readonly lastHitPrecision: number
  readonly devices: readonly DeviceHits[]
}

export interface DeviceHits {
  readonly device: string
  readonly counts: boolean
  readonly since?: string
  readonly error?: { readonly class: string; readonly words: string }
  readonly rules: readonly {
    readonly rule: string
    readonly packets: number
    readonly bytes: number
    readonly resets: number
    readonly lastHit?: string
  }[]
}

export interface HistoryEvent {
  readonly seq: number
  readonly at: string
  readonly type: string
  readonly redacted: boolean
  readonly by?: string
  /** Of whose token that is. */
  readonly name?: string
  readonly person?: string
  readonly digest?: string
  readonly policy?: string
  readonly device?: string
  readonly words?: string
  readonly packets?: number
  readonly bytes?: number
  readonly until?: string | null
  readonly reason?: string
  readonly ticket?: string
  readonly category?: string
  /** The name alone. */
  readonly advice?: string
  readonly why?: string
  /** What it covers from then on. */
  readonly covers?: readonly string[]
  readonly request?: number
  readonly as?: string
  /** The address that it came from, where it came by mail. */
  readonly mail?: string
  readonly text?: string
  readonly actions?: readonly string[]
  readonly how?: string
  readonly due?: string | null
  readonly message?: number
  readonly to?: string
  readonly subject?: string
}

/** An event of the ledger; what else it has depends on its type. */
export interface EventMessage {
  readonly schema: number
  readonly seq: number
  readonly at: string
  readonly type: string
  readonly redacted: boolean
  readonly [field: string]: unknown
}

/** RFC 9457, with Cordon's own members. */
export interface Problem {
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly path?: string
  readonly refusals?: readonly Refusal[]
}

/** What `POST /v1/blocks` takes. */
export interface NewBlock {
  readonly target: string
  readonly match?: Readonly<Record<string, unknown>>
  readonly direction?: 'to' | 'from' | 'both'
  readonly action?: Action
  readonly collateral?: readonly ('whole-host' | 'both-directions' | 'fragments' | 'reachable-too')[]
  readonly scope?: string
  readonly quarantine?: boolean
  readonly reason: string
  readonly ticket?: string
  readonly category?: Category
  readonly duration?: string
  readonly until?: string
  readonly permanent?: boolean
  readonly evidence?: 'spoofable' | 'established'
  readonly attack?: string
  readonly detectedAt?: string
  readonly clockError?: string
  readonly detectedPort?: number
  readonly breakGlass?: boolean
}

/** The answer to a batch: an item for each block that was asked for, in the order of the request. */
export interface BatchAnswer {
  readonly items: readonly BatchItem[]
  /** Quotas that are nearly used up. */
  readonly near: readonly Quota[]
}

export interface BatchItem {
  readonly status: number
  readonly id?: number
  readonly version?: number
  readonly wanted?: string
  readonly problem?: Problem
}

/** When something ends, as requests say it. */
export type Ends = Pick<NewBlock, 'duration' | 'until' | 'permanent'>

export type Amendment = Ends & { readonly reason?: string; readonly ticket?: string }
