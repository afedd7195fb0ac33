import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { checkScript } from './check.ts'
import {
  accountsOf,
  kindsOf,
  realmsOf,
  type ScriptConfig,
  scriptConfigSchema,
  timeoutOf,
  whyUnusable,
} from './config.ts'
import { openScript } from './session.ts'

/** The memo is one text for all that is locked, some 200 bytes an account, and is written anew with each change. */
const MOST_LOCKED = 1_000
/** One by one: a release never waits long behind others. */
const BATCH = 5
/** Of one batch: before and after what is given back and what is locked. */
const READINGS = 4

/** Accounts and sessions of a system that only a site's own executable speaks to. */
export const scriptAdapter: Adapter<typeof scriptConfigSchema> = {
  kind: 'script',
  configSchema: scriptConfigSchema,
  whyUnusable,

  capabilities(config: ScriptConfig): Capabilities {
    const [accounts, realms] = [accountsOf(config), realmsOf(config)]
    return {
      kinds: kindsOf(config),
      ...(realms === undefined ? {} : { realms }),
      ...(accounts === undefined ? {} : { switches: accounts }),
      components: [],
      actions: ['suspend', ...(config.stations ?? [])],
      families: [4, 6],
      evidence: 'enforcer',
      transactional: false,
      maxEntries: MOST_LOCKED,
      batch: BATCH,
      inFlight: 1,
      // As long as each start may take, all of them one after the other.
      patience: (BATCH + READINGS) * timeoutOf(config),
    }
  },

  /** @throws AdapterError `untrusted`, `bad-config`, `no-rights`, `script-failed`, `bad-answer`, `timeout`, `bad-memo` */
  open(config: ScriptConfig, env: AdapterEnv): Promise<Session> {
    return openScript(config, env)
  },

  check: checkScript,
}
