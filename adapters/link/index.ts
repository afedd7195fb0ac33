import { type Static, Type } from 'typebox'
import { switchRule } from '../../src/domain/rule.ts'
import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { openLinks } from './session.ts'

/** A name of 15 bytes is the longest that Linux gives an interface; `/` and spaces it does not take. */
const INTERFACE = Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.:+~-]{0,14}$' })

const linkConfigSchema = Type.Object(
  {
    namespace: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
        description: 'A named network namespace (ip netns) to work in; the one Cordon runs in if left out.',
      }),
    ),
    interfaces: Type.Array(INTERFACE, {
      minItems: 1,
      maxItems: 1_000,
      uniqueItems: true,
      description: 'The interfaces that may ever be taken down; any other is refused.',
    }),
  },
  { additionalProperties: false },
)

export type LinkConfig = Static<typeof linkConfigSchema>

/** The interfaces of a Linux router, where Cordon runs itself or in a namespace beside it. */
export const linkAdapter: Adapter<typeof linkConfigSchema> = {
  kind: 'link',
  configSchema: linkConfigSchema,

  whyUnusable({ interfaces }) {
    return interfaces.includes('lo')
      ? 'interfaces: the loopback lo is the connection of no site, and the host itself needs it'
      : undefined
  },

  capabilities({ interfaces }: LinkConfig): Capabilities {
    return {
      kinds: ['interface-down'],
      switches: interfaces,
      components: [],
      actions: ['drop'],
      families: [4, 6],
      evidence: 'enforcer',
      transactional: false,
      maxEntries: interfaces.length,
      // One by one, a few milliseconds each: a release never waits long behind others.
      batch: 20,
      inFlight: 1,
    }
  },

  /** @throws AdapterError `binary-missing`, `namespace-missing`, `auth`, `bad-memo`, or with ip's own words */
  open({ namespace, interfaces }: LinkConfig, env: AdapterEnv): Promise<Session> {
    const known = interfaces.map((name) => switchRule('interface-down', name))
    return openLinks(namespace, known, env)
  },
}
