import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { Family } from '../../src/domain/prefix.ts'
import { componentOf, DESTINATION, matchOf, type NamedText, SOURCE } from '../witnessing/components.ts'
import { type FlowAction, markAction, rateAction, redirectAction } from '../witnessing/flow-action.ts'
import { flowSlot } from '../witnessing/flow-sights.ts'

const TEST = Type.Object({ op: Type.Integer(), value: Type.Integer() })
const COMPONENT = Type.Object({
  type: Type.Integer(),
  value: Type.Union([Type.Object({ prefix: Type.String() }), Type.Array(TEST)]),
  offset: Type.Optional(Type.Integer()),
})
const PATH = Type.Object({
  nlri: Type.Object({ value: Type.Optional(Type.Array(COMPONENT)) }),
  best: Type.Optional(Type.Boolean()),
  'neighbor-ip': Type.Optional(Type.String()),
  attrs: Type.Array(Type.Object({ type: Type.Integer(), value: Type.Optional(Type.Unknown()) })),
})
const RIB = Type.Record(Type.String(), Type.Array(PATH))
const EXTENDED = Type.Array(
  Type.Object({
    type: Type.Optional(Type.Integer()),
    subtype: Type.Optional(Type.Integer()),
    rate: Type.Optional(Type.Number()),
    value: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  }),
)

type Path = Static<typeof PATH>

/** What `gobgp -j global rib` prints: paths by the text of what they lead to. */
export type Rib = Static<typeof RIB>

/** @throws Error when it is something else */
export function readRib(text: string): Rib {
  const rib: unknown = JSON.parse(text)
  if (Value.Check(RIB, rib)) return rib
  throw new Error('gobgp printed a table of a form that is not known')
}

/** Whether the path that GoBGP selected came from this neighbour, or from any where none is named. */
export function isSelected(paths: readonly Path[] | undefined, neighbour: string | undefined): boolean {
  return paths?.some((path) => isOurs(path, neighbour)) ?? false
}

function isOurs(path: Path, neighbour: string | undefined): boolean {
  return path.best === true && (neighbour === undefined || path['neighbor-ip'] === neighbour)
}

/** The selected flow rules, by the key of the rule that each would be, with their actions. */
export function flowsIn(rib: Rib, family: Family, neighbour: string | undefined): Map<string, FlowAction> {
  const flows = new Map<string, FlowAction>()
  for (const path of Object.values(rib).flat()) {
    if (!isOurs(path, neighbour)) continue
    const match = matchOf(family, (path.nlri.value ?? []).map(readComponent))
    if (match !== undefined) flows.set(flowSlot(match), actionOf(path))
  }
  return flows
}

function readComponent({ type, value, offset }: Static<typeof COMPONENT>): NamedText | undefined {
  if (Array.isArray(value)) return componentOf(type, value)
  if (type !== DESTINATION && type !== SOURCE) return undefined
  // In bits, of prefixes of IPv6 (RFC 8956 §3.1); rules of ours have none.
  return offset === undefined || offset === 0
    ? [type === SOURCE ? 'source' : 'destination', value.prefix]
    : undefined
}

/** The path attribute of extended communities (RFC 4360), and the kinds of them that are actions (RFC 8955 §7). */
const EXTENDED_COMMUNITIES = 16
const TRAFFIC_RATE_BYTES = 6
const RT_REDIRECT = 8
const TRAFFIC_MARKING = 9
const ACTIONS: ReadonlySet<number | undefined> = new Set([0x80, 0x81, 0x82])

function actionOf({ attrs }: Path): FlowAction {
  const value = attrs.find(({ type }) => type === EXTENDED_COMMUNITIES)?.value ?? []
  if (!Value.Check(EXTENDED, value)) return 'other'
  const actions = value.filter(({ type }) => ACTIONS.has(type))
  const [first] = actions
  if (first === undefined) return 'accept'
  if (actions.length > 1 || first.type !== 0x80) return 'other'
  if (first.subtype === TRAFFIC_RATE_BYTES) return rateAction(first.rate ?? 0)
  if (first.subtype === RT_REDIRECT) return redirectAction(String(first.value))
  return first.subtype === TRAFFIC_MARKING ? markAction(Number(first.value)) : 'other'
}
