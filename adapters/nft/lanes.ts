import { canonicalRule } from './expression.ts'
import type { Shape } from './shape.ts'

/** The chain in which the look-ups of all rules stand that leave out no control traffic. */
export const CHAIN = 'ingress'

/**
 * Look-ups that leave out control traffic stand in a lane by the end that they name: a chain of their own, to which
 * control traffic does not get. What that is, is the same for all of them; see `src/domain/control.ts`.
 */
export const LANES = ['from', 'to'] as const
export type Lane = (typeof LANES)[number]

/** The lane of a shape; `undefined` for one that stands in {@link CHAIN}. */
export function laneOf({ keeps, destination }: Pick<Shape, 'keeps' | 'destination'>): Lane | undefined {
  if (keeps !== true) return undefined
  return destination === undefined ? 'from' : 'to'
}

/** The chain that sorts out control traffic, and the chain with a lane's look-ups. */
export const gateOf = (lane: Lane): string => `control_${lane}`
const looksOf = (lane: Lane): string => `rules_${lane}`

/** The chain in which the look-ups of a shape stand. */
export function chainOf(shape: Pick<Shape, 'keeps' | 'destination'>): string {
  const lane = laneOf(shape)
  return lane === undefined ? CHAIN : looksOf(lane)
}

/** The chains in which look-ups may stand. */
export const LOOK_CHAINS: readonly string[] = [CHAIN, ...LANES.map(looksOf)]

/** The lane whose gate has this name. */
export function laneOfGate(chain: string): Lane | undefined {
  return LANES.find((lane) => gateOf(lane) === chain)
}

/** What leads from {@link CHAIN} to a lane. */
export function jumpStatement(lane: Lane): string {
  return `jump ${gateOf(lane)}`
}

const PAST_DEVICE = 'fib daddr type != { local, multicast }'
const TOO_BIG4 = ['icmp type == 3', 'icmp code == 4']
const TOO_BIG6 = ['icmpv6 type == 2']

/** The rules of a lane's gate in their order: whatever does not return goes on to the look-ups. */
function gateRules(lane: Lane): string[][] {
  const on = `goto ${looksOf(lane)}`
  const past = lane === 'to' ? [TOO_BIG4, TOO_BIG6].map((tooBig) => [...tooBig, 'return']) : []
  return [
    // Later fragments have no ports and types, though the kernel reads some out of them.
    ['ip frag-off & 8191 != 0', on],
    ['frag frag-off != 0', on],
    ...past,
    [PAST_DEVICE, on],
    ['tcp dport == 179', 'return'],
    ['tcp sport == 179', 'return'],
    ['udp dport == { 3784, 3785, 4784 }', 'return'],
    ['icmpv6 type == { 2, 133, 134, 135, 136, 137 }', 'return'],
    [...TOO_BIG4, 'return'],
    [on],
  ]
}

/** The same in the form in which `parse.ts` gives the rules that stand. */
export function gateTexts(lane: Lane): string[] {
  return gateRules(lane).map((statements) => canonicalRule(statements).join(' '))
}

/** What stands of a lane beside its look-ups. */
export interface LaneState {
  /** Whether the gate is as it should be. */
  readonly gate: boolean
  /** Whether {@link CHAIN} leads to it. */
  readonly jump: boolean
}

/** The commands that make a lane whole, gate first: what is led there must find it. */
export function laneCommands(table: string, lane: Lane, standing: LaneState): string[] {
  const [gate, looks] = [gateOf(lane), looksOf(lane)]
  const commands = standing.gate
    ? []
    : [
        `add chain inet ${table} ${looks}`,
        `add chain inet ${table} ${gate}`,
        `flush chain inet ${table} ${gate}`,
        ...gateRules(lane).map((rule) => `add rule inet ${table} ${gate} ${rule.join(' ')}`),
      ]
  return standing.jump ? commands : [...commands, `insert rule inet ${table} ${CHAIN} ${jumpStatement(lane)}`]
}
