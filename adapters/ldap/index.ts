import type { Adapter, AdapterEnv, Capabilities, Check, Session } from '../adapter.ts'
import { AdapterError } from '../adapter.ts'
import { type LdapConfig, ldapConfigSchema, whyUnusable } from './config.ts'
import { Directory } from './directory.ts'
import { openDirectory } from './session.ts'

/** The memo of a directory is one text for all accounts that are locked, and is written with each batch. */
const MOST_LOCKED = 2_000
const BATCH = 50
/** Each account is looked for, changed and looked at again, one after the other. */
const PATIENCE_MS = 60_000

/** Accounts of a directory, which are locked where they live. */
export const ldapAdapter: Adapter<typeof ldapConfigSchema> = {
  kind: 'ldap',
  configSchema: ldapConfigSchema,
  whyUnusable,

  capabilities({ realms }: LdapConfig): Capabilities {
    return {
      kinds: ['account-locked'],
      realms: realms.map((realm) => realm.toLowerCase()),
      components: [],
      actions: ['suspend'],
      families: [4, 6],
      evidence: 'enforcer',
      transactional: false,
      maxEntries: MOST_LOCKED,
      batch: BATCH,
      inFlight: 1,
      patience: PATIENCE_MS,
    }
  },

  /** @throws AdapterError `unreachable`, `timeout`, `auth`, `host-key`, `rejected`, `bad-memo` */
  open(config: LdapConfig, env: AdapterEnv): Promise<Session> {
    return openDirectory(config, env)
  },

  async check(config: LdapConfig, env: AdapterEnv, signal: AbortSignal): Promise<readonly Check[]> {
    const checks: Check[] = []
    const password = config.password === undefined ? undefined : await env.secret(config.password)
    for (const url of [...config.servers, ...(config.replicas ?? [])]) {
      try {
        const directory = await Directory.open(url, config, password, signal)
        try {
          checks.push({ what: 'login', ok: true, words: `${url}: logged in` })
          await directory.find({ ...BASE, base: config.base })
          checks.push({ what: 'rights', ok: true, words: `${url}: ${config.base} can be read` })
        } finally {
          await directory.close()
        }
      } catch (error) {
        checks.push(failed(error))
      }
    }
    return checks
  },
}

const BASE = { scope: 'base', filter: '(objectClass=*)', attributes: ['1.1'], octets: [] } as const

const WHAT: Readonly<Partial<Record<AdapterError['class'], Check['what']>>> = {
  auth: 'login',
  'host-key': 'host-key',
  rejected: 'rights',
}

function failed(error: unknown): Check {
  const words = error instanceof Error ? error.message : String(error)
  const what = error instanceof AdapterError ? (WHAT[error.class] ?? 'reach') : 'reach'
  return { what, ok: false, words }
}
