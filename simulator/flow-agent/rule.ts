import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { type Act, actOf, UnsupportedRule } from './action.ts'

/** One operator octet of RFC 8955 §4.2.1, as it was on the wire, and its operand. */
export interface Test {
  readonly op: number
  readonly value: number
}

/** A destination (1) or source (2) prefix; `offset` is of IPv6 alone (RFC 8956 §3.1). */
export interface PrefixComponent {
  readonly type: 1 | 2
  readonly prefix: string
  readonly offset: number
}

/** Any other component: its operators in the order of the wire. */
export interface TestComponent {
  readonly type: number
  readonly tests: readonly Test[]
}

export type Component = PrefixComponent | TestComponent

/** A flow specification (RFC 8955, RFC 8956) as a router received it. */
export interface FlowRule {
  /** the same for the same NLRI, whatever its actions */
  readonly key: string
  readonly family: 4 | 6
  readonly components: readonly Component[]
  readonly act: Act
}

/** A host route that carries the blackhole community. */
export interface Blackhole {
  readonly key: string
  readonly family: 4 | 6
  readonly address: string
}

/** What one path of GoBGP means for this router; `unusable` says why it must not be installed. */
export type Change =
  | { readonly kind: 'flow'; readonly key: string; readonly rule: FlowRule | undefined }
  | { readonly kind: 'blackhole'; readonly key: string; readonly route: Blackhole | undefined }
  | { readonly kind: 'unusable'; readonly key: string; readonly why: string }

const Path = Type.Object({
  nlri: Type.Union([
    Type.Object({ prefix: Type.String() }),
    Type.Object({
      value: Type.Array(
        Type.Object({ type: Type.Integer(), value: Type.Unknown(), offset: Type.Optional(Type.Integer()) }),
      ),
    }),
  ]),
  attrs: Type.Optional(Type.Array(Type.Object({ type: Type.Integer() }))),
  withdrawal: Type.Optional(Type.Boolean()),
})

const Prefix = Type.Object({ prefix: Type.String() })
const Tests = Type.Array(Type.Object({ op: Type.Integer(), value: Type.Integer() }), { minItems: 1 })

const ajv = new Ajv()
const isPath = ajv.compile<Static<typeof Path>>(Path)
const isPrefix = ajv.compile<Static<typeof Prefix>>(Prefix)
const isTests = ajv.compile<Static<typeof Tests>>(Tests)

/** MP_REACH_NLRI (RFC 4760): the only attribute that tells the family of a flow specification without prefixes. */
const MP_REACH = 14
const AFI = { 1: 4, 2: 6 } as const

/** One element of what `gobgp -j` prints, for the monitor and for the table alike. @throws when it is no path */
export function readPath(value: unknown, familyOfTable?: 4 | 6): Change {
  if (!isPath(value)) throw new TypeError(`not a path of GoBGP: ${JSON.stringify(value).slice(0, 200)}`)
  const gone = value.withdrawal === true
  const { nlri, attrs = [] } = value
  if ('prefix' in nlri) return { kind: 'blackhole', key: nlri.prefix, route: gone ? undefined : route(nlri) }
  const family = familyOfTable ?? familyOf(attrs)
  const key = `flow${family} ${JSON.stringify(nlri.value)}`
  if (gone) return { kind: 'flow', key, rule: undefined }
  try {
    const components = nlri.value.map((one) => componentOf(one))
    return { kind: 'flow', key, rule: { key, family, components, act: actOf(attrs) } }
  } catch (error) {
    if (error instanceof UnsupportedRule) return { kind: 'unusable', key, why: error.message }
    throw error
  }
}

function route({ prefix }: { readonly prefix: string }): Blackhole {
  const [address = ''] = prefix.split('/')
  return { key: prefix, family: address.includes(':') ? 6 : 4, address }
}

function familyOf(attrs: readonly { readonly type: number }[]): 4 | 6 {
  const reach = attrs.find(({ type }) => type === MP_REACH)
  const afi = reach !== undefined && 'afi' in reach ? Number(reach.afi) : 1
  return AFI[afi as 1 | 2] ?? 4
}

/** Destination to flow label: the components of RFC 8955 §4.2.2 and RFC 8956 §3. */
const KNOWN_TYPES = 13

function componentOf(one: {
  readonly type: number
  readonly value: unknown
  readonly offset?: number
}): Component {
  const { type, value, offset = 0 } = one
  if ((type === 1 || type === 2) && isPrefix(value)) return { type, prefix: value.prefix, offset }
  if (type > 2 && type <= KNOWN_TYPES && isTests(value)) return { type, tests: value }
  throw new UnsupportedRule(`component ${type} is unknown here`)
}
