import { type AdapterEnv, AdapterError } from '../adapter.ts'
import { secretOf } from '../configured/login.ts'
import type { LdapConfig } from './config.ts'
import type { Trust } from './dial.ts'

/** How to get in. It holds secrets: it goes into no log and no error. */
export interface Access {
  readonly trust: Trust
  readonly login: { readonly dn: string; readonly password: string } | 'certificate'
}

/** Reads what the configuration refers to. @throws AdapterError `auth`, `secret-unreadable` */
export async function accessOf(config: LdapConfig, env: Pick<AdapterEnv, 'secret'>): Promise<Access> {
  const { startTls = false, ca, fingerprints = [], bindDn, password, certificate, privateKey } = config
  const [caText, cert, key, secret] = await Promise.all(
    [ca, certificate, privateKey, password].map(async (reference) =>
      reference === undefined ? undefined : await secretOf(reference, env),
    ),
  )
  return {
    trust: {
      ...{ startTls, fingerprints },
      ...(caText === undefined ? {} : { ca: caText }),
      ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    },
    login: bindDn === undefined ? 'certificate' : { dn: bindDn, password: notEmpty(secret) },
  }
}

/** A login with a name and no password is no login, and many servers say that it went well (RFC 4513 §5.1.2). */
function notEmpty(password: string | undefined): string {
  if (password === undefined || password === '')
    throw new AdapterError('auth', 'the password of bindDn is empty', 'secret-unreadable')
  return password
}
