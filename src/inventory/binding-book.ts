import type { Holder } from '../domain/lease.ts'
import type { Prefix } from '../domain/prefix.ts'
import type { Binding } from './binding.ts'
import type { BindingFormat } from './binding-files.ts'
import type { Whereabouts } from './bindings.ts'
import type { LineProblem } from './line-problems.ts'

/** Who had an address when; times and the error of a clock in milliseconds. */
export interface WhoHad {
  readonly address: Prefix
  readonly time: number
  readonly error: number
  /** Behind a NAT. */
  readonly port?: number
}

/** Where those are now who had it. */
export interface WhereNow extends WhoHad {
  readonly now: number
}

/** Where one holder is now who had this address. */
export interface WhereIs {
  readonly holder: Holder
  readonly address: Prefix
  readonly now: number
}

/** Bindings as a site hands them over. */
export interface Feed {
  readonly text: string
  readonly format: BindingFormat
  /** Where it is from, where its lines do not say so. */
  readonly source: string
  /** Whether lines that can be read are taken although others cannot. */
  readonly takeRest: boolean
}

/** What became of a feed. */
export interface Taken {
  /** Bindings in it; none when it was refused. */
  readonly bindings: number
  /** Lines that say nothing of who had an address. */
  readonly passedOver: number
  readonly problems: readonly LineProblem[]
  readonly taken: boolean
}

/** All bindings of a site, wherever they are kept. Every answer may be {@link BindingsUnavailable}. */
export interface BindingBook {
  at(question: WhoHad): Promise<readonly Binding[]>
  ofHolder(holder: Holder): Promise<readonly Binding[]>
  /** For each question, all that can be meant. */
  moved(questions: readonly WhereNow[]): Promise<readonly (readonly Whereabouts[])[]>
  /** For each question, in their order. */
  whereIs(questions: readonly WhereIs[]): Promise<readonly Whereabouts[]>
  /** Takes a feed; it is on disk when this resolves. */
  take(feed: Feed): Promise<Taken>
  /** How many there are. */
  size(): Promise<number>
}

/** How a site knows who has its addresses. */
export interface Leases {
  readonly book: BindingBook
  /** How wrong the clock of a detector may be that says nothing about it, in milliseconds. */
  readonly clockError: number
}

/** Who had an address cannot be told now, for a reason in words. */
export class BindingsUnavailable extends Error {
  constructor(why: string) {
    super(`who had an address when cannot be told now: ${why}`)
    this.name = 'BindingsUnavailable'
  }
}
