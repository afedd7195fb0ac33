import type { Holder } from '../domain/lease.ts'
import type { Binding } from '../inventory/binding.ts'
import type { Feed, Taken, WhereIs, WhereNow, WhoHad } from '../inventory/binding-book.ts'
import type { Whereabouts } from '../inventory/bindings.ts'

/** Everything that can be asked of the thread that has the bindings, with its answer. */
export interface Asks {
  readonly at: { readonly of: WhoHad; readonly answer: readonly Binding[] }
  readonly ofHolder: { readonly of: Holder; readonly answer: readonly Binding[] }
  readonly moved: { readonly of: readonly WhereNow[]; readonly answer: readonly (readonly Whereabouts[])[] }
  readonly whereIs: { readonly of: readonly WhereIs[]; readonly answer: readonly Whereabouts[] }
  readonly take: { readonly of: Feed & { readonly now: number }; readonly answer: Taken }
  readonly forget: { readonly of: { readonly now: number }; readonly answer: boolean }
  readonly size: { readonly of: null; readonly answer: number }
}

export type Ask = keyof Asks

export interface Question<A extends Ask = Ask> {
  readonly id: number
  readonly ask: A
  readonly of: Asks[A]['of']
}

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string }

/** The thread ends, as it could not read its files. */
export interface Failed {
  readonly failed: string
}

/** What the thread is started with. */
export interface BookJob {
  readonly folder: string
  /** Milliseconds. */
  readonly keep: number
  readonly now: number
}
