import { prefixFamily } from '../../src/domain/prefix.ts'
import {
  DROP,
  type EntryRule,
  type FilterRule,
  isSwitch,
  type Rule,
  ruleFromKey,
} from '../../src/domain/rule.ts'
import { AdapterError, type Observed } from '../adapter.ts'
import type { Told } from './admit.ts'
import { communityNumber } from './community.ts'
import { flowSlot, keyOfTag } from './flow.ts'
import type { FlowActions } from './flow-action.ts'
import type { FlowSlots } from './flow-slots.ts'
import { type Group, reaches, readSlotName, slotName } from './groups.ts'
import type { Link } from './link.ts'
import { type Held, parseListed } from './parse.ts'
import { membersOf, plainAttributes, ruleOfMember } from './render.ts'

/** A listing of 100,000 routes took 15 s; this is the longest time without a line of it. */
const NEXT_LINE_WITHIN_MS = 20_000

type Request = Link['request']

/** Reads what the speaker was told: from the helper, which knows it, or if that was lost from ExaBGP itself. */
export class Reader {
  readonly #request: Request
  readonly #groups: readonly Group[]
  readonly #flows: FlowSlots
  readonly #actions: FlowActions
  readonly #within: number
  /** False while the helper does not know all that ExaBGP holds. */
  complete: boolean

  constructor(
    request: Request,
    held: Told & { readonly actions: FlowActions },
    within: number,
    complete: boolean,
  ) {
    this.#request = request
    this.#groups = held.groups
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
      for (const name of held.names) {
        const [group, prefix] = readSlotName(name)
        this.#group(group)?.slots.set(prefix, slot)
      }
    })
  }

  async all(): Promise<Observed> {
    const uncertain = new Map<string, Rule>()
    if (!this.complete) await this.#list((rule) => uncertain.set(rule.key, rule))
    return this.#observe([], uncertain)
  }

  async some(asked: readonly Rule[]): Promise<Observed> {
    const mine = asked.filter((rule): rule is EntryRule => rule.kind !== 'acl' && !isSwitch(rule))
    if (mine.length === 0) return { rules: [], uncertain: [], evidence: 'acknowledged', foreign: 0 }
    const doubtful = this.complete ? [] : mine
    const names = [...new Set(mine.flatMap((rule) => this.#namesOf(rule)))]
    const found = await this.#observe(names, new Map(doubtful.map((rule) => [rule.key, rule])))
    const keys = new Set(mine.map((rule) => rule.key))
    const chosen = (rules: readonly Rule[]): Rule[] => rules.filter((rule) => keys.has(rule.key))
    return { ...found, rules: chosen(found.rules), uncertain: chosen(found.uncertain) }
  }

  async #observe(names: readonly string[], uncertain: Map<string, Rule>): Promise<Observed> {
    const sights = new Sights(this.#groups)
    await this.#dump(names, (held) => {
      const sure = held.sure && this.#isCurrent(held)
      for (const [group, rule] of this.#rulesOf(held)) sights.add(group, rule, sure)
    })
    const { rules, doubted } = sights.judge()
    for (const { key } of rules) uncertain.delete(key)
    for (const rule of doubted) uncertain.set(rule.key, rule)
    return { rules, uncertain: [...uncertain.values()], evidence: 'acknowledged', foreign: 0 }
  }

  #group(name: string): Group | undefined {
    return this.#groups.find((group) => group.name === name)
  }

  /** Under which names the helper keeps what a rule becomes. */
  #namesOf(rule: EntryRule): string[] {
    if ('match' in rule) return [flowSlot(rule.match)]
    return this.#groups.filter((group) => reaches(group, rule)).map((group) => slotName(group, rule.prefix))
  }

  /** Whether it was announced as the configuration would have it now. */
  #isCurrent(held: Held & { sure: true }): boolean {
    const flow = this.#flowOf(held)
    if (flow !== undefined) return this.#flows.isCurrent(flow, held.attributes)
    const [name = '', prefix] = readSlotName(held.names[0] ?? '')
    const encoder = this.#group(name)?.encoder
    if (encoder === undefined || !membersOf(held.tag).some((member) => encoder.knows(member))) return true
    return (
      plainAttributes(held.attributes) ===
      encoder.attributes(encoder.configured(held.tag), prefixFamily(prefix))
    )
  }

  async #dump(names: readonly string[], take: (held: Held) => void): Promise<void> {
    const reply = await this.#request('q', names.join(' '), this.#within, { held: take })
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
        const group = this.#groups.find(({ addresses }) => addresses.has(route?.neighbour ?? ''))
        if (route === undefined || group === undefined) return
        const { encoder, slots } = group
        const present = new Set(route.communities.map(communityNumber))
        const possible = encoder.members.filter((member) =>
          encoder.communitiesOf([member]).every((community) => present.has(community)),
        )
        for (const member of possible) add(ruleOfMember(member, route.prefix))
        const tag = encoder.tagOf(possible)
        if (tag !== '' && slots.get(route.prefix) === undefined)
          slots.set(route.prefix, { tag, attributes: '' })
      },
    })
    if (reply !== 'done') throw new AdapterError('unreachable', 'the speaker did not list its routes')
  }

  /** The rule of a flow route; `undefined` for a blackhole. Of one that is not sure, the action is not known. */
  #flowOf(held: Held): FilterRule | undefined {
    if (held.names[0]?.startsWith('flow:') !== true) return undefined
    const action = held.sure ? this.#actions.read(held.attributes) : undefined
    const rule = ruleFromKey(keyOfTag(held.tag), action ?? DROP)
    return 'match' in rule ? rule : undefined
  }

  #rulesOf(held: Held): [group: string, rule: EntryRule][] {
    const flow = this.#flowOf(held)
    if (flow !== undefined) return [['', flow]]
    const members = membersOf(held.tag)
    return held.names.flatMap((name) => {
      const [group, prefix] = readSlotName(name)
      return members.map((member): [string, EntryRule] => [group, ruleOfMember(member, prefix)])
    })
  }
}

/** What was seen of rules in each group: one stands when every group that it reaches has it for sure. */
class Sights {
  readonly #groups: readonly Group[]
  readonly #seen = new Map<string, { readonly rule: EntryRule; sure: number; doubted: boolean }>()

  constructor(groups: readonly Group[]) {
    this.#groups = groups
  }

  add(group: string, rule: EntryRule, sure: boolean): void {
    const seen = this.#seen.get(rule.key) ?? { rule, sure: 0, doubted: false }
    this.#seen.set(rule.key, seen)
    const known = 'match' in rule || this.#groups.some(({ name }) => name === group)
    if (sure && known) seen.sure += 1
    else seen.doubted = true
  }

  judge(): { rules: Rule[]; doubted: Rule[] } {
    const rules: Rule[] = []
    const doubted: Rule[] = []
    for (const { rule, sure, doubted: doubt } of this.#seen.values())
      (doubt || sure < this.#needed(rule) ? doubted : rules).push(rule)
    return { rules, doubted }
  }

  #needed(rule: EntryRule): number {
    return 'match' in rule ? 1 : this.#groups.filter((group) => reaches(group, rule)).length
  }
}
