import type { Family } from '../domain/prefix.ts'
import { type Reach, type Rule, type RuleKind, ruleFamily, takes } from '../domain/rule.ts'

interface Witness {
  readonly bit: number
  /** Of the rules that it can see. */
  readonly kinds: readonly RuleKind[]
  /** What its router takes; undefined for all that the device announces. */
  readonly reach: Reach | undefined
}

/** Whether a rule goes to a router and can be seen there. */
export function isSeenAt({ kinds, reach }: Omit<Witness, 'bit'>, rule: Rule): boolean {
  return kinds.includes(rule.kind) && (reach === undefined || takes(reach, rule))
}

/** At which routers a rule is witnessed, one bit each. It is asked for every change, and there are few answers. */
export class WitnessedAt {
  readonly #witnesses: readonly Witness[]
  readonly #masks = new Map<RuleKind, Record<Family, Map<string, number>>>()

  constructor(witnesses: readonly Witness[]) {
    this.#witnesses = witnesses
  }

  maskOf(rule: Rule): number {
    if (this.#witnesses.length === 0) return 0
    let ofKind = this.#masks.get(rule.kind)
    if (ofKind === undefined) {
      ofKind = { 4: new Map(), 6: new Map() }
      this.#masks.set(rule.kind, ofKind)
    }
    // A switch has no family: what is true of one is true of all.
    const ofFamily = ofKind[ruleFamily(rule) ?? 4]
    const scope = 'scope' in rule ? rule.scope : ''
    let mask = ofFamily.get(scope)
    if (mask === undefined) {
      mask = this.#witnesses
        .filter((witness) => isSeenAt(witness, rule))
        .reduce((sum, { bit }) => sum | (1 << bit), 0)
      ofFamily.set(scope, mask)
    }
    return mask
  }
}
