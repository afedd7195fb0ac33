import Type from 'typebox'
import type { WitnessAdapter } from '../witness.ts'
import { LookingSession } from '../witnessing/looking.ts'
import { routeSlot } from '../witnessing/slots.ts'
import { GobgpReader } from './reader.ts'

const ADDRESS = Type.String({ pattern: '^[0-9A-Fa-f:.]{2,45}$' })

const gobgpConfig = Type.Object(
  {
    /** A name on the PATH or a whole path; `gobgp` unless told. */
    binary: Type.Optional(Type.String({ minLength: 1 })),
    /** Where gobgpd's API listens; 127.0.0.1 port 50051 unless told. */
    host: Type.Optional(ADDRESS),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** The speaker's address: routes of other neighbours then prove nothing. */
    neighbour: Type.Optional(ADDRESS),
    /** Whether flow specification is looked for; not unless told. */
    flow: Type.Optional(Type.Boolean()),
    /** Milliseconds between looks at everything; 10 000 unless told. */
    interval: Type.Optional(Type.Integer({ minimum: 50, maximum: 3_600_000 })),
  },
  { additionalProperties: false },
)

/** Looks for what a GoBGP has selected, where it does not send BMP. */
export const gobgpWitness: WitnessAdapter<typeof gobgpConfig> = {
  kind: 'gobgp',
  configSchema: gobgpConfig,
  kinds: ({ flow }) => (flow === true ? ['d-rtbh', 's-rtbh', 'flow'] : ['d-rtbh', 's-rtbh']),
  open({ binary = 'gobgp', host = '127.0.0.1', port = 50_051, neighbour, interval = 10_000 }, { clock }) {
    const session = new LookingSession({
      slotOf: routeSlot,
      open: () => Promise.resolve(new GobgpReader({ binary, host, port, neighbour })),
      wordsOf: (error) => (error instanceof Error ? error.message : String(error)),
      waits: { first: 30, longest: 2_000 },
      interval,
      rest: 30,
      clock,
    })
    return Promise.resolve(session)
  },
}
