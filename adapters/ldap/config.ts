import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { type Static, Type } from 'typebox'
import { parseRealm } from '../../src/domain/identity.ts'
import { nameFilter } from './filter.ts'

const SERVER = Type.String({
  pattern: '^ldaps?://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9][A-Za-z0-9.-]*)(:[0-9]{1,5})?/?$',
  maxLength: 300,
  description: 'ldaps://HOST or ldap://HOST, with :PORT where it is another one than 636 and 389.',
})
const REFERENCE = { pattern: '^(file|env):.+$' }
const ATTRIBUTE = '[A-Za-z][A-Za-z0-9-]{0,63}'
const Attribute = Type.String({ pattern: `^${ATTRIBUTE}$` })
const Dn = Type.String({ pattern: '=', maxLength: 1_000 })

const lockSchema = Type.Union(
  [
    Type.Object(
      {
        how: Type.Literal('ppolicy'),
        policy: Type.String({
          ...{ pattern: '=', maxLength: 1_000 },
          description: 'DN of the default password policy; without pwdLockout there a lock has no effect.',
        }),
      },
      { additionalProperties: false },
    ),
    Type.Object({ how: Type.Literal('active-directory') }, { additionalProperties: false }),
    Type.Object(
      { how: Type.Literal('group'), dn: Dn, member: Type.Optional(Attribute) },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        how: Type.Literal('attribute'),
        name: Attribute,
        value: Type.String({ minLength: 1, maxLength: 256 }),
      },
      { additionalProperties: false },
    ),
  ],
  {
    description:
      'How an account is locked: ppolicy (pwdAccountLockedTime), active-directory (userAccountControl), group (its DN becomes a member), attribute (it gets the value).',
  },
)

export const ldapConfigSchema = Type.Object(
  {
    servers: Type.Array(SERVER, {
      ...{ minItems: 1, maxItems: 4, uniqueItems: true },
      description: 'Servers that take writes. The next is only asked when one cannot be reached.',
    }),
    replicas: Type.Optional(
      Type.Array(SERVER, {
        ...{ maxItems: 4, uniqueItems: true },
        description: 'Servers that must show a lock, too, before it counts as there.',
      }),
    ),
    startTls: Type.Optional(
      Type.Boolean({ description: 'Encrypts ldap:// with StartTLS (RFC 4511 §4.14); false if left out.' }),
    ),
    ca: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'A file of PEM certificates: the only ones that vouch for the servers.',
      }),
    ),
    fingerprints: Type.Optional(
      Type.Array(Type.String({ pattern: '^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$' }), {
        ...{ minItems: 1, maxItems: 10 },
        description:
          'SHA-256 fingerprints of certificates that the servers may show, as openssl prints them.',
      }),
    ),
    bindDn: Type.Optional(
      Type.String({ pattern: '[=@\\\\]', maxLength: 1_000, description: 'Who we are there.' }),
    ),
    password: Type.Optional(
      Type.String({ ...REFERENCE, description: 'Of bindDn. A reference: file:PATH or env:NAME.' }),
    ),
    certificate: Type.Optional(
      Type.String({
        ...REFERENCE,
        description: 'PEM of a client certificate, instead of bindDn (EXTERNAL).',
      }),
    ),
    privateKey: Type.Optional(Type.String({ ...REFERENCE, description: 'PEM of its key.' })),
    base: Type.String({
      ...{ pattern: '=', maxLength: 1_000 },
      description: 'DN of the entry under which accounts are.',
    }),
    realms: Type.Array(Type.String({ minLength: 1 }), {
      ...{ minItems: 1, maxItems: 50, uniqueItems: true },
      description: 'Realms whose accounts are here; those of any other are refused.',
    }),
    filter: Type.Optional(
      Type.String({
        ...{ minLength: 3, maxLength: 1_000, pattern: '^\\(.*\\)$' },
        description: 'Finds an account: {user}, {realm} and {account} stand for its parts.',
      }),
    ),
    id: Type.Optional(
      Type.String({
        pattern: `^${ATTRIBUTE}$`,
        description:
          'An attribute that an entry keeps whatever it is called; entryUUID or objectGUID if left out.',
      }),
    ),
    lock: lockSchema,
    interval: Type.Optional(
      Type.Integer({
        ...{ minimum: 50, maximum: 3_600_000 },
        description: 'Milliseconds between looks at what others have unlocked; 10000 if left out.',
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        ...{ minimum: 100, maximum: 60_000 },
        description: 'Milliseconds that one question to a server may take; 5000 if left out.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type LdapConfig = Static<typeof ldapConfigSchema>
export type Lock = Static<typeof lockSchema>

const INTERVAL_MS = 10_000

export function intervalOf({ interval = INTERVAL_MS }: LdapConfig): number {
  return interval
}

const TIMEOUT_MS = 5_000

export function timeoutOf({ timeout = TIMEOUT_MS }: LdapConfig): number {
  return timeout
}

/** The filter by which an account is found. */
export function filterOf({ filter, lock }: LdapConfig): string {
  return filter ?? (lock.how === 'active-directory' ? '(sAMAccountName={user})' : '(uid={user})')
}

/** As they are compared. */
export function realmsOf({ realms }: LdapConfig): readonly string[] {
  return realms.map(parseRealm)
}

/** One server, as its URL says. */
export interface Server {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly secure: boolean
}

export function serverOf(url: string): Server {
  const [, scheme, name = '', port] = /^(ldaps?):\/\/(\[[^\]]*\]|[^:/]+)(?::(\d+))?/.exec(url) ?? []
  const secure = scheme === 'ldaps'
  return {
    ...{ url: url.replace(/\/$/, ''), secure },
    host: name.replace(/^\[(.*)\]$/, '$1'),
    port: port === undefined ? (secure ? 636 : 389) : Number(port),
  }
}

/** What the schema cannot say: why a directory cannot be used so, or undefined. */
export function whyUnusable(config: LdapConfig): string | undefined {
  return (
    whyNoServers(config) ??
    whyNoCa(config) ??
    whyNoLogin(config) ??
    whyNoRealms(config) ??
    whyNoFilter(config)
  )
}

function whyNoServers({
  servers,
  replicas = [],
  startTls,
  ca,
  fingerprints,
}: LdapConfig): string | undefined {
  for (const url of [...servers, ...replicas]) {
    const { host, port, secure } = serverOf(url)
    if (host.includes(':') && !isIPv6(host)) return `${url}: ${host} is no IPv6 address`
    if (port < 1 || port > 65_535) return `${url}: there is no port ${port}`
    if (secure && startTls === true) return `${url} is encrypted from the start: leave out startTls`
    if (secure || startTls === true) continue
    if (!isLoopback(host)) return `${url} is not encrypted: write ldaps://, or startTls: true`
    if (ca !== undefined || fingerprints !== undefined)
      return `${url} is not encrypted, so that it shows no certificate for ca and fingerprints`
  }
  return undefined
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function whyNoCa({ ca }: LdapConfig): string | undefined {
  if (ca === undefined) return undefined
  try {
    return /BEGIN CERTIFICATE/.test(readFileSync(ca, 'utf8'))
      ? undefined
      : `ca: ${ca} has no PEM certificate in it`
  } catch (error) {
    return `ca: ${error instanceof Error ? error.message : String(error)}`
  }
}

function whyNoLogin(config: LdapConfig): string | undefined {
  const { bindDn, password, certificate, privateKey, servers, startTls } = config
  if ((bindDn === undefined) !== (password === undefined)) return 'bindDn and password go together'
  if ((certificate === undefined) !== (privateKey === undefined))
    return 'certificate and privateKey go together'
  if ((bindDn === undefined) === (certificate === undefined))
    return 'it needs bindDn with a password, or a certificate with its privateKey, and not both'
  const encrypted = startTls === true || servers.every((url) => serverOf(url).secure)
  return certificate === undefined || encrypted ? undefined : 'a certificate needs ldaps:// or startTls: true'
}

function whyNoRealms({ realms }: LdapConfig): string | undefined {
  try {
    for (const realm of realms) parseRealm(realm)
    return undefined
  } catch (error) {
    return `realms: ${error instanceof Error ? error.message : String(error)}`
  }
}

function whyNoFilter(config: LdapConfig): string | undefined {
  const filter = filterOf(config)
  const names = [...filter.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '')
  const unknown = names.find((name) => !['user', 'realm', 'account'].includes(name))
  if (unknown !== undefined)
    return `filter: there is no {${unknown}}; there are {user}, {realm} and {account}`
  if (!names.includes('user') && !names.includes('account'))
    return 'filter: without {user} or {account} it would find everybody'
  if (config.realms.length > 1 && !names.includes('realm') && !names.includes('account'))
    return 'filter: with several realms it needs {account} or {realm}, as alice of one is not alice of the other'
  try {
    nameFilter(filter, 'alice@campus.example')
    return undefined
  } catch (error) {
    return `filter: it is none (RFC 4515): ${error instanceof Error ? error.message : String(error)}`
  }
}
