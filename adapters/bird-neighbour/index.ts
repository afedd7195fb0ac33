import { type Static, Type } from 'typebox'
import { switchRule } from '../../src/domain/rule.ts'
import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { openNeighbours } from './session.ts'

const neighbourConfigSchema = Type.Object(
  {
    socket: Type.String({
      minLength: 1,
      maxLength: 107,
      description: "BIRD's control socket; it answers across network namespaces.",
    }),
    protocols: Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }), {
      minItems: 1,
      maxItems: 1_000,
      uniqueItems: true,
      description: 'The protocols, one for each neighbour, that may ever be disabled; any other is refused.',
    }),
    interval: Type.Optional(
      Type.Integer({
        minimum: 50,
        maximum: 3_600_000,
        description: 'Milliseconds between looks at what others have turned; 2000 if left out.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type NeighbourConfig = Static<typeof neighbourConfigSchema>

const INTERVAL_MS = 2_000

/** The neighbours of a BIRD 2 router, as the protocols of its configuration. */
export const birdNeighbourAdapter: Adapter<typeof neighbourConfigSchema> = {
  kind: 'bird-neighbour',
  configSchema: neighbourConfigSchema,

  capabilities({ protocols }: NeighbourConfig): Capabilities {
    return {
      kinds: ['neighbour-down'],
      switches: protocols,
      components: [],
      actions: ['drop'],
      families: [4, 6],
      evidence: 'enforcer',
      transactional: false,
      maxEntries: protocols.length,
      batch: 20,
      inFlight: 1,
    }
  },

  /** @throws AdapterError `unreachable`, `auth`, `bad-memo` */
  open({ socket, protocols, interval = INTERVAL_MS }: NeighbourConfig, env: AdapterEnv): Promise<Session> {
    const known = protocols.map((name) => switchRule('neighbour-down', name))
    return openNeighbours(socket, known, interval, env)
  },
}
