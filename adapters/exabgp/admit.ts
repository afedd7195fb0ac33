import type { Family } from '../../src/domain/prefix.ts'
import { type BlackholeRule, type FilterRule, type Rule, ruleFamily } from '../../src/domain/rule.ts'
import type { Change, Outcome } from '../adapter.ts'
import { capabilitiesOf, type ExabgpConfig, maxFlowsOf, maxOperatorsOf } from './config.ts'
import { whyNoFlow } from './flow.ts'
import { FlowActions } from './flow-action.ts'
import type { FlowSlots } from './flow-slots.ts'
import type { SlotChange, Slots } from './slots.ts'

/** The part of a change that can be told to the speaker. */
export interface Admitted {
  readonly blackholes: SlotChange
  readonly flows: { readonly put: readonly FilterRule[]; readonly remove: readonly FilterRule[] }
}

type Refuse = (rule: Rule, errorClass: 'unsupported' | 'capacity', words: string) => false

/** What of a change can be told to the speaker; what cannot is answered in the receipt. */
export function admit(
  change: Change,
  config: ExabgpConfig,
  held: { readonly slots: Slots; readonly flows: FlowSlots },
  receipt: Map<string, Outcome>,
): Admitted {
  const refuse: Refuse = (rule, errorClass, words) => {
    receipt.set(rule.key, { result: 'failed', class: errorClass, words })
    return false
  }
  const { kinds, families, maxEntries } = capabilitiesOf(config)
  const isOurs = (rule: Rule): boolean => {
    if (!kinds.includes(rule.kind))
      return refuse(rule, 'unsupported', `it cannot announce a ${rule.kind} rule`)
    const family: Family = ruleFamily(rule)
    return families.includes(family) || refuse(rule, 'unsupported', `not every neighbour takes IPv${family}`)
  }
  const remove = change.remove.filter(isOurs)
  const room = new Room(config, held, maxEntries, remove)
  const put = change.put
    .filter(isOurs)
    .filter((rule) => isPossible(rule, config, refuse) && room.take(rule, refuse))
  return {
    blackholes: { put: put.filter(isBlackhole), remove: remove.filter(isBlackhole) },
    flows: { put: put.filter(isFlow), remove: remove.filter(isFlow) },
  }
}

function isBlackhole(rule: Rule): rule is BlackholeRule {
  return 'prefix' in rule
}

function isFlow(rule: Rule): rule is FilterRule {
  return 'match' in rule
}

function isPossible(rule: Rule, config: ExabgpConfig, refuse: Refuse): boolean {
  if (isFlow(rule)) {
    if (!new FlowActions(config).knows(rule.action))
      return refuse(rule, 'unsupported', `the place of its redirect is not configured`)
    const why = whyNoFlow(rule.match, maxOperatorsOf(config))
    return why === undefined || refuse(rule, 'unsupported', why)
  }
  return (
    rule.scope in config.scopes || refuse(rule, 'unsupported', `the scope ${rule.scope} is not configured`)
  )
}

/** What the neighbours still take. */
class Room {
  readonly #held: { readonly slots: Slots; readonly flows: FlowSlots }
  readonly #maxEntries: number
  readonly #maxFlows: number
  #entries: number
  #flows: number

  constructor(
    config: ExabgpConfig,
    held: { readonly slots: Slots; readonly flows: FlowSlots },
    maxEntries: number,
    remove: readonly Rule[],
  ) {
    const going = remove.filter((rule) => this.#stands(held, rule))
    this.#held = held
    this.#maxEntries = maxEntries
    this.#maxFlows = maxFlowsOf(config)
    this.#entries = maxEntries - held.slots.rules - held.flows.size + going.length
    this.#flows = this.#maxFlows - held.flows.size + going.filter(isFlow).length
  }

  #stands({ slots, flows }: { readonly slots: Slots; readonly flows: FlowSlots }, rule: Rule): boolean {
    return isFlow(rule) ? flows.has(rule.key) : slots.has(rule.prefix, rule.scope)
  }

  take(rule: Rule, refuse: Refuse): boolean {
    if (this.#stands(this.#held, rule)) return true
    this.#entries -= 1
    if (this.#entries < 0) return refuse(rule, 'capacity', `it may hold ${this.#maxEntries} routes`)
    if (!isFlow(rule)) return true
    this.#flows -= 1
    return this.#flows >= 0 || refuse(rule, 'capacity', `it may hold ${this.#maxFlows} flow routes`)
  }
}
