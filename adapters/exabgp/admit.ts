import { type Family, isHostPrefix, prefixFamily } from '../../src/domain/prefix.ts'
import {
  type BlackholeRule,
  type EntryRule,
  type FilterRule,
  isSwitch,
  type Rule,
  ruleFamily,
} from '../../src/domain/rule.ts'
import type { Change, Outcome } from '../adapter.ts'
import { capabilitiesOf, type ExabgpConfig, familiesOf, maxFlowsOf, maxOperatorsOf } from './config.ts'
import { whyNoFlow } from './flow.ts'
import { FlowActions } from './flow-action.ts'
import type { FlowSlots } from './flow-slots.ts'
import { flowSelector, type Group, reaches } from './groups.ts'
import type { SlotChange } from './slots.ts'

/** The part of a change that can be told to the speaker. */
export interface Admitted {
  readonly blackholes: SlotChange
  readonly flows: { readonly put: readonly FilterRule[]; readonly remove: readonly FilterRule[] }
}

/** What the speaker was told to hold. */
export interface Told {
  readonly groups: readonly Group[]
  readonly flows: FlowSlots
}

type Refuse = (rule: Rule, errorClass: 'unsupported' | 'capacity', words: string) => false

/** What of a change can be told to the speaker; what cannot is answered in the receipt. */
export function admit(
  change: Change,
  config: ExabgpConfig,
  told: Told,
  receipt: Map<string, Outcome>,
): Admitted {
  const refuse: Refuse = (rule, errorClass, words) => {
    receipt.set(rule.key, { result: 'failed', class: errorClass, words })
    return false
  }
  const { kinds } = capabilitiesOf(config)
  const hasFlow = flowSelector(config)
  const isOurs = (rule: Rule): rule is EntryRule => {
    if (isSwitch(rule) || !kinds.includes(rule.kind))
      return refuse(rule, 'unsupported', `it cannot announce a ${rule.kind} rule`)
    const family: Family = ruleFamily(rule)
    const taken =
      'match' in rule
        ? hasFlow(family) !== undefined
        : told.groups.some(({ selector }) => selector(family) !== undefined)
    return taken || refuse(rule, 'unsupported', `no neighbour takes ${rule.kind} rules of IPv${family}`)
  }
  const remove = change.remove.filter(isOurs)
  const room = new Room(config, told, remove)
  const actions = new FlowActions(config)
  const put = change.put
    .filter(isOurs)
    .filter((rule) => isPossible(rule, config, actions, told, refuse) && room.take(rule, refuse))
  return {
    blackholes: { put: put.filter(isBlackhole), remove: remove.filter(isBlackhole) },
    flows: { put: put.filter(isFlow), remove: remove.filter(isFlow) },
  }
}

function isBlackhole(rule: EntryRule): rule is BlackholeRule {
  return 'prefix' in rule
}

function isFlow(rule: EntryRule): rule is FilterRule {
  return 'match' in rule
}

function isPossible(
  rule: EntryRule,
  config: ExabgpConfig,
  actions: FlowActions,
  { groups }: Told,
  refuse: Refuse,
): boolean {
  if (isFlow(rule)) {
    if (!actions.knows(rule.action))
      return refuse(rule, 'unsupported', 'the place of its redirect is not configured')
    const why = whyNoFlow(rule.match, maxOperatorsOf(config))
    return why === undefined || refuse(rule, 'unsupported', why)
  }
  // Placement makes nothing else; what an upstream drops is beyond our reach, so this is looked at here too.
  if (rule.scope.startsWith('upstream:') && !isHostPrefix(rule.prefix))
    return refuse(rule, 'unsupported', 'upstreams are told of host routes alone')
  if (groups.some((group) => reaches(group, rule))) return true
  const family = `IPv${prefixFamily(rule.prefix)}`
  return refuse(rule, 'unsupported', `the scope ${rule.scope} is not configured for a neighbour of ${family}`)
}

/** What the neighbours still take. */
class Room {
  readonly #config: ExabgpConfig
  readonly #told: Told
  readonly #maxEntries: number
  #entries: number
  /** Flow routes that each neighbour still takes. */
  readonly #flows: {
    readonly name: string
    readonly families: readonly Family[]
    readonly most: number
    left: number
  }[]

  constructor(config: ExabgpConfig, told: Told, remove: readonly EntryRule[]) {
    const going = remove.filter((rule) => stands(told, rule))
    this.#config = config
    this.#told = told
    this.#maxEntries = capabilitiesOf(config).maxEntries
    const blackholes = Math.max(0, ...told.groups.map(({ slots }) => slots.rules))
    this.#entries = this.#maxEntries - blackholes - told.flows.count([4, 6]) + going.length
    this.#flows = this.#config.neighbours.map((neighbour) => {
      const families = ([4, 6] as const).filter((family) =>
        familiesOf(neighbour).includes(`ipv${family} flow`),
      )
      const leaving = going.filter((rule) => isFlow(rule) && families.includes(rule.match.family)).length
      const most = maxFlowsOf(config, neighbour)
      return { name: neighbour.name, families, most, left: most - told.flows.count(families) + leaving }
    })
  }

  take(rule: EntryRule, refuse: Refuse): boolean {
    if (stands(this.#told, rule)) return true
    this.#entries -= 1
    if (this.#entries < 0) return refuse(rule, 'capacity', `it may hold ${this.#maxEntries} routes`)
    if (!isFlow(rule)) return true
    const takers = this.#flows.filter(({ families }) => families.includes(rule.match.family))
    const full = takers.find(({ left }) => left <= 0)
    if (full !== undefined)
      return refuse(rule, 'capacity', `its neighbour ${full.name} may hold ${full.most} flow routes`)
    for (const taker of takers) taker.left -= 1
    return true
  }
}

function stands({ groups, flows }: Told, rule: EntryRule): boolean {
  return isFlow(rule) ? flows.has(rule.key) : groups.some(({ slots }) => slots.has(rule))
}
