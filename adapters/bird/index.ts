import Type from 'typebox'
import { controlTrouble } from '../transport/bird-control.ts'
import type { WitnessAdapter } from '../witness.ts'
import { LookingSession } from '../witnessing/looking.ts'
import { BirdReader } from './reader.ts'

const NAME = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' })

const birdConfig = Type.Object(
  {
    /** BIRD's control socket; it answers across network namespaces. */
    socket: Type.String({ minLength: 1, maxLength: 107 }),
    table4: Type.Optional(NAME),
    table6: Type.Optional(NAME),
    /** The BGP protocol with the speaker: other blackholes then prove nothing. */
    protocol: Type.Optional(NAME),
    /** Milliseconds between looks at everything; 10 000 unless told. */
    interval: Type.Optional(Type.Integer({ minimum: 50, maximum: 3_600_000 })),
  },
  { additionalProperties: false },
)

/** Watches the routing tables of a BIRD 2 router for blackholes. */
export const birdWitness: WitnessAdapter<typeof birdConfig> = {
  kind: 'bird',
  configSchema: birdConfig,
  // BIRD passes flow specification on and enforces none of it.
  kinds: () => ['d-rtbh', 's-rtbh'],
  open({ socket, table4 = 'master4', table6 = 'master6', protocol, interval = 10_000 }, { clock }) {
    const tables = { table4, table6, ...(protocol === undefined ? {} : { protocol }) }
    const session = new LookingSession({
      slotOf: (rule) => ('prefix' in rule ? rule.prefix : undefined),
      open: () => BirdReader.open(socket, tables),
      wordsOf: (error) => controlTrouble(error, socket),
      waits: { first: 1, longest: 1_000 },
      interval,
      rest: 0,
      clock,
    })
    return Promise.resolve(session)
  },
}
