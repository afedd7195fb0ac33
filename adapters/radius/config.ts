import { isIP } from 'node:net'
import { type Static, Type } from 'typebox'
import { parseRealm } from '../../src/domain/identity.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { AttributeName } from './codec/attributes.ts'
import type { Attribute } from './codec/packet.ts'
import { attributesOf, settingSchema } from './setting.ts'

const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' })
const Port = Type.Integer({ minimum: 1, maximum: 65_535 })
const Secret = Type.String({ pattern: '^(file|env):.+$', description: 'A reference: file:PATH or env:NAME.' })
/** What a session can be shown by (RFC 5176 §3). */
export const IDENTIFIED_BY = [
  'User-Name',
  'Acct-Session-Id',
  'Calling-Station-Id',
  'Framed-IP-Address',
  'NAS-Port',
  'Chargeable-User-Identity',
  'NAS-Identifier',
  'NAS-IP-Address',
  'NAS-IPv6-Address',
] as const satisfies readonly AttributeName[]

const nasSchema = Type.Object(
  {
    name: Name,
    address: Type.String({ description: 'IPv4 or IPv6, where it takes requests.' }),
    port: Type.Optional(Type.Integer({ ...Port, description: '3799 if left out (RFC 5176 §2.1).' })),
    secret: Secret,
    identifier: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 253 },
        description: 'Its NAS-Identifier in accounting; without it, it is known by its address.',
      }),
    ),
    identify: Type.Optional(
      Type.Array(Type.Enum([...IDENTIFIED_BY]), {
        ...{ minItems: 1, uniqueItems: true },
        description: 'By what it is shown a session, as far as it is known.',
      }),
    ),
    byName: Type.Optional(
      Type.Boolean({
        description:
          'It tells us of no sessions, so it is asked by User-Name or Calling-Station-Id alone, again and again.',
      }),
    ),
    quarantine: Type.Optional(settingSchema),
    release: Type.Optional(settingSchema),
  },
  { additionalProperties: false },
)

export type NasConfig = Static<typeof nasSchema>

const accountingSchema = Type.Object(
  {
    listen: Type.String({ description: 'IPv4 or IPv6 address on which accounting is taken (RFC 2866).' }),
    port: Type.Optional(Type.Integer({ ...Port, description: '1813 if left out.' })),
    clients: Type.Array(
      Type.Object({ address: Type.String(), secret: Secret }, { additionalProperties: false }),
      {
        ...{ minItems: 1, maxItems: 1_000 },
        description: 'Who may tell: addresses or prefixes, each with its secret.',
      },
    ),
  },
  { additionalProperties: false },
)

export const radiusConfigSchema = Type.Object(
  {
    realms: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        ...{ minItems: 1, maxItems: 50, uniqueItems: true },
        description: 'Ours. A User-Name without a realm is of the first; accounts of others are visitors.',
      }),
    ),
    accounting: Type.Optional(accountingSchema),
    nas: Type.Array(nasSchema, { minItems: 1, maxItems: 500 }),
    quarantine: Type.Optional(
      Type.Object(settingSchema.properties, {
        additionalProperties: false,
        description:
          'What a session is told to be in quarantine (CoA). Without it nothing can be quarantined.',
      }),
    ),
    release: Type.Optional(
      Type.Object(settingSchema.properties, {
        additionalProperties: false,
        description:
          'What it is told to be let out; without it, it is ended, and the station comes back anew.',
      }),
    ),
    retryAfter: Type.Optional(
      Type.Integer({
        ...{ minimum: 20, maximum: 30_000 },
        description: 'Milliseconds until a request is sent again, twice as long each time; 2000 if left out.',
      }),
    ),
    answerWithin: Type.Optional(
      Type.Integer({
        ...{ minimum: 50, maximum: 60_000 },
        description: 'Milliseconds until a request is given up for the time being; 10000 if left out.',
      }),
    ),
    interval: Type.Optional(
      Type.Integer({
        ...{ minimum: 50, maximum: 3_600_000 },
        description:
          'Milliseconds until a NAS that failed, or that is asked by name, is asked again; 30000 if left out.',
      }),
    ),
    forgetAfter: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 720 },
        description: 'Hours until a session that nobody speaks of is forgotten; 24 if left out.',
      }),
    ),
    maxSessions: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 500_000,
        description: 'Sessions that are known at once; 100000 if left out.',
      }),
    ),
    maxEntries: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 2_000 },
        description: 'Accounts and stations that may be without session at once; 1000 if left out.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type RadiusConfig = Static<typeof radiusConfigSchema>

export const COA_PORT = 3799
export const ACCOUNTING_PORT = 1813

/** Most find a session by these. */
const IDENTIFY: NonNullable<NasConfig['identify']> = ['User-Name', 'Acct-Session-Id', 'Calling-Station-Id']

/** By what a session is shown to a NAS. One that has an identifier need not know the address by which we reach it. */
export function identifyOf({ identify, identifier }: NasConfig): readonly (typeof IDENTIFIED_BY)[number][] {
  if (identify !== undefined) return identify
  if (identifier !== undefined) return [...IDENTIFY, 'NAS-Identifier']
  return [...IDENTIFY, 'NAS-IP-Address', 'NAS-IPv6-Address']
}

/** What a NAS is told for a session to be in quarantine, and to be let out; undefined where nothing says it. */
export function settingsOf(
  config: RadiusConfig,
  nas: NasConfig,
): Readonly<Record<'quarantine' | 'release', readonly Attribute[] | undefined>> {
  const [quarantine, release] = [nas.quarantine ?? config.quarantine, nas.release ?? config.release]
  return {
    quarantine: quarantine === undefined ? undefined : attributesOf(quarantine),
    release: release === undefined ? undefined : attributesOf(release),
  }
}

/** Whether every NAS can put a session into quarantine. */
export function canQuarantine({ nas, quarantine }: RadiusConfig): boolean {
  return nas.every((one) => (one.quarantine ?? quarantine) !== undefined)
}

/** Why a device cannot be configured so, as far as the schema cannot say it. */
export function whyUnusable(config: RadiusConfig): string | undefined {
  return (
    whyNoRealms(config) ??
    whyNoNas(config) ??
    whyNoAccounting(config) ??
    whyNoSetting(config) ??
    (config.nas.every(({ byName }) => byName !== true) && config.accounting === undefined
      ? 'without accounting, and with no NAS that is asked byName, it would never know of a session'
      : undefined)
  )
}

function whyNoRealms({ realms = [] }: RadiusConfig): string | undefined {
  for (const realm of realms) {
    const why = whyNot(() => parseRealm(realm))
    if (why !== undefined) return `realms: ${why}`
  }
  return undefined
}

function whyNoNas({ nas }: RadiusConfig): string | undefined {
  for (const [at, { name, address, port = COA_PORT, identifier }] of nas.entries()) {
    if (isIP(address) === 0) return `nas ${name}: '${address}' is no IP address`
    const before = nas.slice(0, at)
    if (before.some((other) => other.name === name)) return `nas: there are two of the name ${name}`
    if (before.some((other) => other.address === address && (other.port ?? COA_PORT) === port))
      return `nas ${name}: another one has ${address} port ${port}, too`
    if (identifier !== undefined && before.some((other) => other.identifier === identifier))
      return `nas ${name}: another one has the identifier ${identifier}, too`
  }
  return undefined
}

function whyNoAccounting({ accounting }: RadiusConfig): string | undefined {
  if (accounting === undefined) return undefined
  if (isIP(accounting.listen) === 0) return `accounting.listen: '${accounting.listen}' is no IP address`
  for (const { address } of accounting.clients) {
    const why = whyNot(() => parsePrefix(address))
    if (why !== undefined) return `accounting.clients: ${why}`
  }
  return undefined
}

function whyNoSetting(config: RadiusConfig): string | undefined {
  const given = [config, ...config.nas].flatMap(({ quarantine, release }) => [quarantine, release])
  for (const setting of given) {
    if (setting === undefined) continue
    if (Object.keys(setting).length === 0)
      return 'quarantine and release say what the NAS is told, and this one is empty'
    const why = whyNot(() => attributesOf(setting))
    if (why !== undefined) return `quarantine or release: ${why}`
  }
  return undefined
}

function whyNot(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
