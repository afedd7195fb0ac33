import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { checkNases } from './check.ts'
import { canQuarantine, type RadiusConfig, radiusConfigSchema, whyUnusable } from './config.ts'
import { evidenceOf, limitsOf } from './limits.ts'
import { openRadius } from './open.ts'

/** Beside a NAS that does not answer at all: those that wait for their turn with it. */
const TURNS = 3

/** Sessions of accounts and stations at NASes, which end them and put them into quarantine (RFC 5176). */
export const radiusAdapter: Adapter<typeof radiusConfigSchema> = {
  kind: 'radius',
  configSchema: radiusConfigSchema,
  whyUnusable,

  capabilities(config: RadiusConfig): Capabilities {
    const { maxEntries, answerWithin } = limitsOf(config)
    return {
      kinds: ['no-session'],
      components: [],
      actions: ['suspend', 'drop', ...(canQuarantine(config) ? (['quarantine'] as const) : [])],
      families: [4, 6],
      evidence: evidenceOf(config),
      transactional: false,
      maxEntries,
      batch: 20,
      inFlight: 4,
      patience: TURNS * answerWithin + 5_000,
    }
  },

  /** @throws AdapterError `no-port`, `auth`, `bad-memo`, `no-folder` */
  open(config: RadiusConfig, env: AdapterEnv): Promise<Session> {
    return openRadius(config, env)
  },

  check: checkNases,
}
