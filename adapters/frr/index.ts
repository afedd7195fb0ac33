import Type, { type Static } from 'typebox'
import type { WitnessAdapter } from '../witness.ts'
import { LookingSession } from '../witnessing/looking.ts'
import { routeSlot } from '../witnessing/slots.ts'
import { type FrrPlace, FrrReader } from './reader.ts'

const NAME = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })

const frrConfig = Type.Object(
  {
    /** A name on the PATH or a whole path; `vtysh` unless told. */
    vtysh: Type.Optional(Type.String({ minLength: 1 })),
    /** The folder with the daemons' sockets; vtysh's own default unless told. */
    vtyDir: Type.Optional(Type.String({ minLength: 1, maxLength: 90 })),
    /** The name that the daemons were started with (`-N`). */
    pathspace: Type.Optional(NAME),
    /** The named network namespace to run vtysh in. */
    namespace: Type.Optional(NAME),
    /** The speaker's address: routes of other neighbours then prove nothing. */
    neighbour: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f:.]{2,45}$' })),
    /** Whether flow specification is looked for: FRR shows what it received and enforces none; not unless told. */
    flow: Type.Optional(Type.Boolean()),
    /** Milliseconds between looks at everything; 10 000 unless told. */
    interval: Type.Optional(Type.Integer({ minimum: 50, maximum: 3_600_000 })),
  },
  { additionalProperties: false },
)

type FrrConfig = Static<typeof frrConfig>

/** Looks for what an FRR has installed, where it does not send BMP. */
export const frrWitness: WitnessAdapter<typeof frrConfig> = {
  kind: 'frr',
  configSchema: frrConfig,
  kinds: ({ flow }) => (flow === true ? ['d-rtbh', 's-rtbh', 'flow'] : ['d-rtbh', 's-rtbh']),
  open(config, { clock }) {
    const session = new LookingSession({
      slotOf: routeSlot,
      open: () => Promise.resolve(new FrrReader(placeOf(config))),
      wordsOf: (error) => (error instanceof Error ? error.message : String(error)),
      // zebra has a route some 60 ms after bgpd received it (measured).
      waits: { first: 30, longest: 2_000 },
      interval: config.interval ?? 10_000,
      rest: 30,
      clock,
    })
    return Promise.resolve(session)
  },
}

function placeOf({ vtysh = 'vtysh', vtyDir, pathspace, namespace, neighbour }: FrrConfig): FrrPlace {
  const words = [
    ...(vtyDir === undefined ? [] : ['--vty_socket', vtyDir]),
    ...(pathspace === undefined ? [] : ['-N', pathspace]),
  ]
  if (namespace === undefined) return { file: vtysh, words, neighbour }
  return { file: 'ip', words: ['netns', 'exec', namespace, vtysh, ...words], neighbour }
}
