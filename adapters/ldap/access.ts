import { readFile } from 'node:fs/promises'
import { type AdapterEnv, AdapterError } from '../adapter.ts'
import { secretOf } from '../configured/login.ts'
import { type LdapConfig, timeoutOf } from './config.ts'
import type { Trust } from './dial.ts'

/** How to get in. It holds secrets: it goes into no log and no error. */
export interface Access {
  readonly trust: Trust
  readonly login: { readonly dn: string; readonly password: string } | 'certificate'
  /** Of one question, in milliseconds. */
  readonly timeout: number
}

/** Reads what the configuration refers to. @throws AdapterError `secret-unreadable`, `bad-config` */
export async function accessOf(config: LdapConfig, env: Pick<AdapterEnv, 'secret'>): Promise<Access> {
  const { startTls = false, ca, fingerprints = [], bindDn, password, certificate, privateKey } = config
  const [cert, key, secret] = await Promise.all(
    [certificate, privateKey, password].map(async (reference) =>
      reference === undefined ? undefined : await secretOf(reference, env),
    ),
  )
  const vouching = ca === undefined ? undefined : await certificatesIn(ca)
  return {
    trust: {
      ...{ startTls, fingerprints },
      ...(vouching === undefined ? {} : { ca: vouching }),
      ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    },
    login: bindDn === undefined ? 'certificate' : { dn: bindDn, password: notEmpty(secret) },
    timeout: timeoutOf(config),
  }
}

async function certificatesIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new AdapterError('host-key', `ca cannot be read: ${words}`, 'bad-config')
  }
}

/** A login with a name and no password is no login, and many servers say that it went well (RFC 4513 §5.1.2). */
function notEmpty(password: string | undefined): string {
  if (password === undefined || password === '')
    throw new AdapterError('auth', 'the password of bindDn is empty', 'secret-unreadable')
  return password
}
