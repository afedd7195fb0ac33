import { prefixFamily } from '../../src/domain/prefix.ts'
import { blackholeRule, DROP, type FilterRule, type Rule, ruleFromKey } from '../../src/domain/rule.ts'
import { AdapterError, type Observed } from '../adapter.ts'
import { flowSlot, keyOfTag } from './flow.ts'
import type { FlowActions } from './flow-action.ts'
import type { FlowSlots } from './flow-slots.ts'
import type { Link } from './link.ts'
import { type Held, parseListed } from './parse.ts'
import { communityNumber, type Encoder, plainAttributes, scopesOf } from './render.ts'
import type { Slots } from './slots.ts'

/** A listing of 100,000 routes took 15 s; this is the longest time without a line of it. */
const NEXT_LINE_WITHIN_MS = 20_000

type Request = Link['request']

/** Reads what the speaker was told: from the helper, which knows it, or if that was lost from ExaBGP itself. */
export class Reader {
  readonly #request: Request
  readonly #encoder: Encoder
  readonly #slots: Slots
  readonly #flows: FlowSlots
  readonly #actions: FlowActions
  readonly #within: number
  /** False while the helper does not know all that ExaBGP holds. */
  complete: boolean

  constructor(
    request: Request,
    encoder: Encoder,
    held: { readonly slots: Slots; readonly flows: FlowSlots; readonly actions: FlowActions },
    within: number,
    complete: boolean,
  ) {
    this.#request = request
    this.#encoder = encoder
    this.#slots = held.slots
    this.#flows = held.flows
    this.#actions = held.actions
    this.#within = within
    this.complete = complete
  }

  /** Fills the slots with what an earlier controller left. */
  async load(): Promise<void> {
    await this.#dump([], (held) => {
      if (!held.sure) return
      const flow = this.#flowOf(held)
      if (flow !== undefined) return this.#flows.set(flow.key, held.attributes)
      const slot = { tag: held.tag, attributes: held.attributes }
      for (const prefix of held.prefixes) this.#slots.set(prefix, slot)
    })
  }

  async all(): Promise<Observed> {
    const uncertain = new Map<string, Rule>()
    if (!this.complete) await this.#list((rule) => uncertain.set(rule.key, rule))
    return this.#observe([], uncertain)
  }

  async some(asked: readonly Rule[]): Promise<Observed> {
    const mine = asked.filter((rule) => rule.kind === 'd-rtbh' || rule.kind === 'flow')
    if (mine.length === 0) return { rules: [], uncertain: [], evidence: 'acknowledged', foreign: 0 }
    const doubtful = this.complete ? [] : mine
    const prefixes = [...new Set(mine.map(slotOf))]
    const found = await this.#observe(prefixes, new Map(doubtful.map((rule) => [rule.key, rule])))
    const keys = new Set(mine.map((rule) => rule.key))
    const chosen = (rules: readonly Rule[]): Rule[] => rules.filter((rule) => keys.has(rule.key))
    return { ...found, rules: chosen(found.rules), uncertain: chosen(found.uncertain) }
  }

  async #observe(prefixes: readonly string[], uncertain: Map<string, Rule>): Promise<Observed> {
    const rules = new Map<string, Rule>()
    const doubted = new Map<string, Rule>()
    await this.#dump(prefixes, (held) => {
      const into = held.sure && this.#isCurrent(held) ? rules : doubted
      for (const rule of this.#rulesOf(held)) into.set(rule.key, rule)
    })
    for (const key of rules.keys()) uncertain.delete(key)
    for (const [key, rule] of doubted) uncertain.set(key, rule)
    for (const key of doubted.keys()) rules.delete(key)
    return {
      rules: [...rules.values()],
      uncertain: [...uncertain.values()],
      evidence: 'acknowledged',
      foreign: 0,
    }
  }

  /** Whether it was announced as the configuration would have it now. */
  #isCurrent(held: Held & { sure: true }): boolean {
    const flow = this.#flowOf(held)
    if (flow !== undefined) return this.#flows.isCurrent(flow, held.attributes)
    const [prefix] = held.prefixes
    const known = scopesOf(held.tag).filter((scope) => this.#encoder.knows(scope))
    if (prefix === undefined || known.length === 0) return true
    return plainAttributes(held.attributes) === this.#encoder.attributes(held.tag, prefixFamily(prefix))
  }

  /** The rule of a flow route; `undefined` for a blackhole. Of one that is not sure, the action is not known. */
  #flowOf(held: Held): FilterRule | undefined {
    if (held.prefixes[0]?.startsWith('flow:') !== true) return undefined
    const action = held.sure ? this.#actions.read(held.attributes) : undefined
    const rule = ruleFromKey(keyOfTag(held.tag), action ?? DROP)
    return 'match' in rule ? rule : undefined
  }

  #rulesOf(held: Held): Rule[] {
    const flow = this.#flowOf(held)
    if (flow !== undefined) return [flow]
    const scopes = scopesOf(held.tag)
    return held.prefixes.flatMap((prefix) => scopes.map((scope) => blackholeRule('d-rtbh', prefix, scope)))
  }

  async #dump(prefixes: readonly string[], take: (held: Held) => void): Promise<void> {
    const reply = await this.#request('q', prefixes.join(' '), this.#within, { held: take })
    if (reply !== 'done') throw new AdapterError('unreachable', 'the speaker did not tell what it holds')
  }

  /**
   * ExaBGP's own list, as the helper that knew has died. Each scope whose communities a route has is possible;
   * taking all of them into the slot cannot widen what is announced when one of them goes.
   */
  async #list(add: (rule: Rule) => void): Promise<void> {
    const reply = await this.#request('a', '', NEXT_LINE_WITHIN_MS, {
      line: (line) => {
        const route = parseListed(line)
        if (route === undefined) return
        const present = new Set(route.communities.map(communityNumber))
        const possible = this.#encoder.scopes.filter((scope) =>
          this.#encoder.communitiesOf([scope]).every((community) => present.has(community)),
        )
        for (const scope of possible) add(blackholeRule('d-rtbh', route.prefix, scope))
        const tag = this.#encoder.tagOf(possible)
        if (tag !== '' && this.#slots.get(route.prefix) === undefined) {
          this.#slots.set(route.prefix, { tag, attributes: '' })
        }
      },
    })
    if (reply !== 'done') throw new AdapterError('unreachable', 'the speaker did not list its routes')
  }
}

/** Under which name the helper keeps what a rule becomes. */
function slotOf(rule: Rule): string {
  return 'match' in rule ? flowSlot(rule.match) : rule.prefix
}
