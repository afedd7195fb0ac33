import { isIP } from 'node:net'
import { type Static, type TObject, type TProperties, Type } from 'typebox'
import { type AdapterEnv, AdapterError } from '../adapter.ts'
import { readHostKeyPin } from '../transport/host-key.ts'
import type { SshTarget } from '../transport/ssh.ts'

const SECRET = Type.String({
  pattern: '^(file|env):.+$',
  description: 'A reference: file:PATH or env:NAME.',
})

/** How a device is reached and logged in to, in its `config` in cordon.yaml. */
const LOGIN = {
  host: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9.-]*$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$',
    maxLength: 253,
    description: 'Address or name of the device.',
  }),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'Of its SSH server.' })),
  username: Type.String({
    pattern: '^[A-Za-z0-9_][A-Za-z0-9_.@\\\\-]{0,63}$',
    description: 'Who we are there.',
  }),
  password: Type.Optional(SECRET),
  privateKey: Type.Optional(SECRET),
  passphrase: Type.Optional(SECRET),
  hostKeys: Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
    maxItems: 10,
    description:
      'The host keys that it may have: SHA256:…, a public key, or a line of known_hosts. Without any it is never logged in to; devices check then says which one it shows.',
  }),
  legacyAlgorithms: Type.Optional(
    Type.Boolean({ description: 'Also take SSH algorithms that only old devices need; false if left out.' }),
  ),
}

/** Room and patience, the same for all. */
const LIMITS = {
  maxEntries: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description: 'The most entries of ours: what its hardware has room for. 500 if left out.',
    }),
  ),
  lookEvery: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 86_400,
      description:
        'Seconds between two looks whether somebody else has changed what is ours; 60 if left out.',
    }),
  ),
}

const login = Type.Object({ ...LOGIN })
export type Login = Static<typeof login>

const base = Type.Object({ ...LOGIN, ...LIMITS })
export type LoginConfig = Static<typeof base>

/** A schema of a login alone, with these fields beside it. */
export function loginSchema<P extends TProperties>(fields: P): TObject<typeof LOGIN & P> {
  return Type.Object({ ...LOGIN, ...fields }, { additionalProperties: false })
}

/** A schema with these fields and those of the device's login. */
export function configuredSchema<P extends TProperties>(
  fields: P,
): TObject<typeof LOGIN & typeof LIMITS & P> {
  return Type.Object({ ...LOGIN, ...LIMITS, ...fields }, { additionalProperties: false })
}

export const DEFAULT_MAX_ENTRIES = 500
const DEFAULT_LOOK_EVERY_S = 60

export function lookEveryMs({ lookEvery }: LoginConfig): number {
  return (lookEvery ?? DEFAULT_LOOK_EVERY_S) * 1_000
}

/** What the schema cannot say: why nobody could log in so, or undefined. */
export function whyNoLogin(config: Login): string | undefined {
  const { host, password, privateKey, passphrase, hostKeys } = config
  if (host.includes(':') && isIP(host) !== 6) return `${host} is no IPv6 address`
  if (password === undefined && privateKey === undefined)
    return 'it needs a password or a privateKey to log in with'
  if (passphrase !== undefined && privateKey === undefined) return 'a passphrase is of a privateKey'
  const wrong = hostKeys.findIndex((text) => readHostKeyPin(text) === undefined)
  if (wrong < 0) return undefined
  return `hostKeys[${wrong}] is neither SHA256:…, nor a public key, nor a line of known_hosts`
}

/** @throws AdapterError `auth` when a secret cannot be read; what it says is free of the secret */
export async function targetOf(
  config: Login,
  port: number,
  env: Pick<AdapterEnv, 'secret'>,
): Promise<SshTarget> {
  const read = async (reference: string | undefined): Promise<string | undefined> =>
    reference === undefined ? undefined : await secretOf(reference, env)
  const [password, privateKey, passphrase] = await Promise.all([
    read(config.password),
    read(config.privateKey),
    read(config.passphrase),
  ])
  return {
    ...{ host: config.host, port: config.port ?? port, username: config.username },
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey: `${privateKey}\n` }),
    ...(passphrase === undefined ? {} : { passphrase }),
    hostKeys: config.hostKeys.flatMap((text) => readHostKeyPin(text) ?? []),
    legacy: config.legacyAlgorithms ?? false,
  }
}

/** @throws AdapterError `auth` when it cannot be read; what it says is free of the secret */
export async function secretOf(reference: string, env: Pick<AdapterEnv, 'secret'>): Promise<string> {
  try {
    return await env.secret(reference)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new AdapterError('auth', words, 'secret-unreadable')
  }
}
