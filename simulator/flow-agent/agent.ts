import { UnsupportedRule } from './action.ts'
import { type Bounds, whyRefused } from './bounds.ts'
import type { Listener } from './feed.ts'
import type { NftSession } from './nft-session.ts'
import { matchesOf } from './render.ts'
import type { Blackhole, Change, FlowRule } from './rule.ts'
import { FlowTable } from './table.ts'

interface Wanted {
  readonly flows: Map<string, FlowRule | undefined>
  readonly routes: Map<string, Blackhole | undefined>
}

/**
 * Makes the kernel hold what GoBGP's table says. What comes while a transaction is under way goes into the next one
 * together; a rule that cannot be held as it is meant is not held at all, and `complain` hears of it.
 */
export class FlowAgent implements Listener {
  readonly table = new FlowTable()
  readonly #session: NftSession
  readonly #bounds: Bounds
  readonly #complain: (line: string) => void
  #wanted: Wanted = nothing()
  #isBusy = false
  #isFollowing = false
  /** of a new gobgpd's table, told so far */
  #told: Set<string> | undefined
  /** what was not as gobgpd had it in the last comparison */
  #amiss: ReadonlySet<string> = new Set()
  /** in gobgpd's table, and not to be installed */
  readonly #refused = new Set<string>()

  constructor(session: NftSession, bounds: Bounds, complain: (line: string) => void) {
    this.#session = session
    this.#bounds = bounds
    this.#complain = complain
  }

  /** Whether all of gobgpd's table was heard of and is in the kernel, as far as it can be. */
  get inStep(): boolean {
    return this.#isFollowing && !this.#isBusy && this.#wanted.flows.size + this.#wanted.routes.size === 0
  }

  begins(): void {
    this.#told = new Set()
  }

  ends(): void {
    this.#isFollowing = false
  }

  whole(table: readonly Change[]): void {
    const told = this.#told ?? new Set()
    const keys = new Set(table.map(({ key }) => key))
    this.#told = undefined
    this.#isFollowing = true
    for (const key of this.table.keys) if (!keys.has(key) && !told.has(key)) this.#remove(key)
    void this.#work()
  }

  /**
   * What is not as gobgpd has it in two comparisons, one after the other, is complained of and made so: in one alone, the
   * monitor may only have been behind.
   */
  compare(table: readonly Change[]): boolean {
    // what is under way now may be what seems amiss
    if (!this.inStep) return false
    const keys = new Set(table.map(({ key }) => key))
    const held = new Set(this.table.keys)
    const lacking = table.filter(({ key }) => !held.has(key) && !this.#refused.has(key))
    const extra = this.table.keys.filter((key) => !keys.has(key))
    const before = this.#amiss
    this.#amiss = new Set([...lacking.map(({ key }) => key), ...extra])
    for (const change of lacking.filter(({ key }) => before.has(key))) {
      this.#complain(`in the table and not held: ${change.key}`)
      this.#want(change)
    }
    for (const key of extra.filter((one) => before.has(one))) {
      this.#complain(`held and not in the table: ${key}`)
      this.#remove(key)
    }
    void this.#work()
    return this.#amiss.size === 0
  }

  failed(why: string): void {
    this.#complain(why)
  }

  changed(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#told?.add(change.key)
      this.#want(change)
    }
    void this.#work()
  }

  #want(change: Change): void {
    if (change.kind === 'blackhole') {
      this.#wanted.routes.set(change.key, change.route)
      return
    }
    const why = change.kind === 'unusable' ? change.why : change.rule && this.#whyNot(change.rule)
    if (why === undefined) this.#refused.delete(change.key)
    else this.#refused.add(change.key)
    // what was there under the same match may say something else than what came now
    if (why !== undefined) this.#complain(`not installed: ${why}: ${change.key}`)
    this.#wanted.flows.set(change.key, why === undefined && change.kind === 'flow' ? change.rule : undefined)
  }

  #whyNot(rule: FlowRule): string | undefined {
    const why = whyRefused(rule, this.#bounds)
    if (why !== undefined) return why
    try {
      matchesOf(rule)
      return undefined
    } catch (error) {
      if (error instanceof UnsupportedRule) return error.message
      throw error
    }
  }

  #remove(key: string): void {
    if (key.startsWith('flow')) this.#wanted.flows.set(key, undefined)
    else this.#wanted.routes.set(key, undefined)
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      while (this.#wanted.flows.size + this.#wanted.routes.size > 0) {
        const wanted = this.#wanted
        this.#wanted = nothing()
        await this.#make(wanted)
      }
    } finally {
      this.#isBusy = false
    }
  }

  /** One bad rule would lose its whole transaction: after a refusal, each change is tried alone. */
  async #make(wanted: Wanted): Promise<void> {
    const transaction = this.table.plan(wanted.flows, wanted.routes)
    if (transaction.commands.length === 0) {
      transaction.done()
      return
    }
    try {
      await this.#session.commit(transaction.commands)
      transaction.done()
    } catch (error) {
      if (wanted.flows.size + wanted.routes.size > 1) {
        for (const [key, rule] of wanted.flows)
          await this.#make({ ...nothing(), flows: new Map([[key, rule]]) })
        for (const [key, route] of wanted.routes)
          await this.#make({ ...nothing(), routes: new Map([[key, route]]) })
        return
      }
      const [key] = [...wanted.flows.keys(), ...wanted.routes.keys()]
      this.#complain(`not done: ${error instanceof Error ? error.message : String(error)}: ${key}`)
    }
  }
}

function nothing(): Wanted {
  return { flows: new Map(), routes: new Map() }
}
