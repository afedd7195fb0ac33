import {
  CHAIN,
  gateOf,
  gateTexts,
  jumpStatement,
  LANES,
  type Lane,
  type LaneState,
  laneOfGate,
} from './lanes.ts'
import type { ListedRule } from './parse.ts'

/** What stands of the lanes beside their look-ups, rule by rule in their order. */
export class LaneBook {
  readonly #gates = new Map<Lane, ListedRule[]>(LANES.map((lane) => [lane, []]))
  /** Of what leads to each lane, by handle. */
  readonly #jumps = new Map<number, Lane>()

  /** Takes in a rule of a chain; the lane, if it is a part of one. */
  add(chain: string, rule: ListedRule): Lane | undefined {
    const gate = laneOfGate(chain)
    if (gate !== undefined) this.#gates.get(gate)?.push(rule)
    if (gate !== undefined || chain !== CHAIN) return gate
    const lane = LANES.find((one) => rule.text === jumpStatement(one))
    if (lane !== undefined) this.#jumps.set(rule.handle, lane)
    return lane
  }

  /** The lane that the rule was a part of. */
  remove(handle: number): Lane | undefined {
    const jump = this.#jumps.get(handle)
    this.#jumps.delete(handle)
    if (jump !== undefined) return jump
    for (const [lane, rules] of this.#gates) {
      const at = rules.findIndex((rule) => rule.handle === handle)
      if (at === -1) continue
      rules.splice(at, 1)
      return lane
    }
    return undefined
  }

  clear(): void {
    for (const rules of this.#gates.values()) rules.length = 0
    this.#jumps.clear()
  }

  state(lane: Lane): LaneState {
    const rules = this.#gates.get(lane) ?? []
    const wanted = gateTexts(lane)
    return {
      gate: rules.length === wanted.length && rules.every(({ text }, at) => text === wanted[at]),
      jump: this.jumpsTo(lane).length > 0,
    }
  }

  isWhole(lane: Lane): boolean {
    const { gate, jump } = this.state(lane)
    return gate && jump
  }

  /** Handles of what leads to a lane. */
  jumpsTo(lane: Lane): number[] {
    return [...this.#jumps].flatMap(([handle, one]) => (one === lane ? [handle] : []))
  }
}

/** What to call a lane in the reports of others' doings. */
export function laneName(lane: Lane): string {
  return `chain ${gateOf(lane)}`
}
