import { contractAccounts } from '../../../test/contract/arbitraries.ts'
import {
  CORDON_DN,
  CORDON_PASSWORD,
  PEOPLE,
  POLICY,
  type Slapd,
} from '../../../test/helpers/slapd.ts'
import { switchEnv } from '../../../test/helpers/switch-env.ts'
import type { AdapterEnv } from '../../adapter.ts'
import type { LdapConfig } from '../config.ts'

export const REALM = 'campus.example'
export const CONTRACT_USERS = contractAccounts({ realms: [REALM] }).map((name) => name.split('@')[0] ?? '')

/** What an administrator would write for this server. */
export function configFor({ url }: Pick<Slapd, 'url'>, over: Partial<LdapConfig> = {}): LdapConfig {
  return {
    servers: [url],
    bindDn: CORDON_DN,
    password: 'env:PASSWORD',
    base: PEOPLE,
    realms: [REALM],
    lock: { how: 'ppolicy', policy: POLICY },
    interval: 50,
    ...over,
  }
}

/** What a session gets, with secrets by their references. */
export function directoryEnv(
  secrets: Readonly<Record<string, string>> = { 'env:PASSWORD': CORDON_PASSWORD },
  memo?: string,
): AdapterEnv {
  return {
    ...switchEnv('directory', memo),
    secret: async (reference) => {
      const secret = secrets[reference]
      if (secret === undefined) throw new Error(`${reference}: there is none`)
      return secret
    },
  }
}
