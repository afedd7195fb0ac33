import { readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const

const Url = Type.String({
  pattern: '^ldaps?://[^/?#@\\s]+/?$',
  maxLength: 300,
  description: 'Such as ldaps://dc1.campus.example: a scheme, a host and a port, and nothing else.',
})
const DnText = Type.String({ minLength: 1, maxLength: 1_000 })
const AttributeName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' })

export const ldapConfigSchema = Type.Object(
  {
    servers: Type.Array(Url, {
      minItems: 1,
      maxItems: 10,
      description: 'Servers that take changes; the first that answers is used.',
    }),
    replicas: Type.Optional(
      Type.Array(Url, {
        maxItems: 20,
        description: 'Servers that others log in with: an account counts as locked once all of them show it.',
      }),
    ),
    startTls: Type.Optional(Type.Boolean({ description: 'Encrypts ldap:// before anything is said.' })),
    ca: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'A file of PEM certificates: the only ones that vouch for the servers.',
      }),
    ),
    bindDn: Type.Optional(DnText),
    password: Type.Optional(Type.String({ pattern: '^(file|env):.+$' })),
    base: DnText,
    realms: Type.Array(Type.String({ minLength: 3, maxLength: 253 }), { minItems: 1, maxItems: 100 }),
    filter: Type.Optional(
      Type.String({
        minLength: 3,
        maxLength: 500,
        pattern: '^\\(.*\\{(user|account)\\}.*\\)$',
        description:
          'Finds an account: {user}, {realm} and {account} stand for its parts. (uid={user}) if left out.',
      }),
    ),
    id: Type.Optional(AttributeName),
    lock: Type.Union([
      Type.Object({ how: Type.Literal('ppolicy') }, strict),
      Type.Object({ how: Type.Literal('active-directory') }, strict),
      Type.Object({ how: Type.Literal('group'), dn: DnText, member: Type.Optional(AttributeName) }, strict),
      Type.Object(
        {
          how: Type.Literal('attribute'),
          name: AttributeName,
          value: Type.String({ minLength: 1, maxLength: 500 }),
        },
        strict,
      ),
    ]),
    interval: Type.Optional(
      Type.Integer({
        minimum: 50,
        maximum: 3_600_000,
        description: 'Milliseconds between looks at what others have unlocked; 10000 if left out.',
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 60_000,
        description: 'Milliseconds that one question to a server may take; 5000 if left out.',
      }),
    ),
  },
  strict,
)

export type LdapConfig = Static<typeof ldapConfigSchema>
export type LockConfig = LdapConfig['lock']

/** Why the configuration would say a password in clear, or say nothing of who logs in. */
export function whyUnusable({
  servers,
  replicas = [],
  startTls,
  bindDn,
  password,
  ca,
}: LdapConfig): string | undefined {
  if ((bindDn === undefined) !== (password === undefined)) return 'bindDn and password go together'
  const clear = [...servers, ...replicas].find(
    (url) => url.startsWith('ldap://') && startTls !== true && !isLoopback(url),
  )
  if (clear !== undefined) return `servers: ${clear} is not encrypted: use ldaps:// or startTls`
  if (ca === undefined) return undefined
  try {
    return /BEGIN CERTIFICATE/.test(readFileSync(ca, 'utf8'))
      ? undefined
      : `ca: ${ca} has no PEM certificate in it`
  } catch (error) {
    return `ca: ${error instanceof Error ? error.message : String(error)}`
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url.replace(/^ldap/, 'http'))
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
