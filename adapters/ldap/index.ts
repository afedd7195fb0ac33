import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { checkDirectory } from './check.ts'
import { type LdapConfig, ldapConfigSchema, realmsOf, whyUnusable } from './config.ts'
import { openAccounts } from './session.ts'

/**
 * The memo is one text for all that is locked, some 200 bytes an account, and is written anew with each change: a thousand
 * make an event of 200 kB.
 */
const MOST_LOCKED = 1_000

/** A directory in which accounts are locked: OpenLDAP, Active Directory, or any by an attribute or a group. */
export const ldapAdapter: Adapter<typeof ldapConfigSchema> = {
  kind: 'ldap',
  configSchema: ldapConfigSchema,
  whyUnusable,

  capabilities(config: LdapConfig): Capabilities {
    return {
      kinds: ['account-locked'],
      realms: realmsOf(config),
      components: [],
      actions: ['suspend'],
      families: [4, 6],
      evidence: 'enforcer',
      transactional: false,
      maxEntries: MOST_LOCKED,
      // One by one, some six questions each: a release never waits long behind others.
      batch: 20,
      inFlight: 1,
      patience: 30_000,
    }
  },

  /** @throws AdapterError `unreachable`, `host-key`, `auth`, `timeout`, `rejected`, `bad-memo` */
  open(config: LdapConfig, env: AdapterEnv): Promise<Session> {
    return openAccounts(config, env)
  },

  check: checkDirectory,
}
