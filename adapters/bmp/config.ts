import Type, { type Static } from 'typebox'

const strict = { additionalProperties: false }
const ADDRESS = Type.String({ pattern: '^[0-9A-Fa-f:.]{2,45}$' })

export const bmpConfig = Type.Object(
  {
    /** Where the router connects to; each router has a port of its own. */
    listen: Type.Object({ address: ADDRESS, port: Type.Integer({ minimum: 1, maximum: 65_535 }) }, strict),
    /** The only address that may connect. */
    from: Type.Optional(ADDRESS),
    /** The speaker's addresses as the router's BGP sessions have them: routes of other peers are not ours. */
    speakers: Type.Optional(Type.Array(ADDRESS, { minItems: 1, maxItems: 8 })),
    /** The community that every route of ours has: others are not ours. A Loc-RIB is only read with it. */
    marking: Type.Optional(Type.String({ pattern: '^\\d{1,10}(:\\d{1,10}){1,2}$' })),
    /** What proves that a route was accepted; the strongest that the router sends unless told. */
    view: Type.Optional(Type.Union([Type.Literal('post-policy'), Type.Literal('loc-rib')])),
    /** Whether the router sends flow specification there; not unless told. */
    flow: Type.Optional(Type.Boolean()),
  },
  strict,
)

export type BmpConfig = Static<typeof bmpConfig>

/** Why a configuration proves nothing; undefined when it can. */
export function whyUnusable({ speakers, marking, view }: BmpConfig): string | undefined {
  if (speakers === undefined && marking === undefined)
    return 'name speakers or marking: without them any route would count as ours'
  if (view === 'loc-rib' && marking === undefined)
    return 'a Loc-RIB does not say who sent a route: name the marking of ours'
  return undefined
}
