import { isAbsolute, normalize } from 'node:path'
import { type Static, Type } from 'typebox'
import { parseAccount, parseRealm, realmOf } from '../../src/domain/identity.ts'
import { IDENTITY_KINDS, type IdentityKind } from '../../src/domain/rule.ts'

const NAME = { pattern: '^[a-z_][a-z0-9_.-]{0,31}\\$?$|^[0-9]{1,10}$' }
const VARIABLE = '^[A-Za-z_][A-Za-z0-9_]{0,63}$'

export const scriptConfigSchema = Type.Object(
  {
    command: Type.Array(Type.String({ maxLength: 4_096, pattern: '^[^\\u0000]*$' }), {
      ...{ minItems: 1, maxItems: 50 },
      description: 'The executable, by its whole path, and what it is given. No shell reads this.',
    }),
    kinds: Type.Optional(
      Type.Array(Type.Enum([...IDENTITY_KINDS]), {
        ...{ minItems: 1, uniqueItems: true },
        description:
          'What it does: lock accounts (account-locked, alone if left out), end sessions (no-session).',
      }),
    ),
    stations: Type.Optional(
      Type.Array(Type.Enum(['drop', 'quarantine']), {
        ...{ minItems: 1, uniqueItems: true },
        description: 'What it can do to sessions of stations, with no-session; nothing if left out.',
      }),
    ),
    realms: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        ...{ minItems: 1, maxItems: 50, uniqueItems: true },
        description:
          'Realms whose accounts are there; any other is refused. Only to end sessions it may be left out: all.',
      }),
    ),
    accounts: Type.Optional(
      Type.Array(Type.String({ minLength: 3 }), {
        ...{ minItems: 1, maxItems: 1_000, uniqueItems: true },
        description:
          'The only accounts that may ever be locked, to try it out; all of the realms if left out.',
      }),
    ),
    user: Type.Optional(
      Type.String({ ...NAME, description: 'As whom it is started. Needed where Cordon runs as root.' }),
    ),
    group: Type.Optional(
      Type.String({ ...NAME, description: "Its only group; the user's first if left out." }),
    ),
    environment: Type.Optional(
      Type.Record(Type.String({ pattern: VARIABLE }), Type.String({ maxLength: 4_096 }), {
        ...{ maxProperties: 50, additionalProperties: false },
        description: 'Its environment, beside PATH and LANG. Nothing is taken from that of Cordon.',
      }),
    ),
    secrets: Type.Optional(
      Type.Record(Type.String({ pattern: VARIABLE }), Type.String({ pattern: '^(file|env):.+$' }), {
        ...{ maxProperties: 20, additionalProperties: false },
        description:
          'What it is told in the document on its standard input. References: file:PATH or env:NAME.',
      }),
    ),
    interval: Type.Optional(
      Type.Integer({
        ...{ minimum: 50, maximum: 3_600_000 },
        description: 'Milliseconds between looks at what others have unlocked; 10000 if left out.',
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        ...{ minimum: 100, maximum: 60_000 },
        description: 'Milliseconds that one start may take; 10000 if left out.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type ScriptConfig = Static<typeof scriptConfigSchema>

const INTERVAL_MS = 10_000
const TIMEOUT_MS = 10_000

export function intervalOf({ interval = INTERVAL_MS }: ScriptConfig): number {
  return interval
}

export function timeoutOf({ timeout = TIMEOUT_MS }: ScriptConfig): number {
  return timeout
}

export function kindsOf({ kinds = ['account-locked'] }: ScriptConfig): readonly IdentityKind[] {
  return kinds
}

/** As they are compared. */
export function realmsOf({ realms }: ScriptConfig): readonly string[] | undefined {
  return realms?.map(parseRealm)
}

/** As they are compared, where only some may be touched. */
export function accountsOf({ accounts }: ScriptConfig): readonly string[] | undefined {
  return accounts?.map(parseAccount)
}

/** What the schema cannot say: why a script cannot be used so, or undefined. */
export function whyUnusable(config: ScriptConfig): string | undefined {
  const [file = ''] = config.command
  if (!isAbsolute(file) || normalize(file) !== file || file.endsWith('/'))
    return `command: '${file}' is no whole path to an executable, such as /opt/cordon/my-idm`
  if (config.group !== undefined && config.user === undefined)
    return 'group: it is the group of user, which is not there'
  if (config.stations !== undefined && !kindsOf(config).includes('no-session'))
    return 'stations: what becomes of sessions needs no-session among kinds'
  if (config.realms === undefined && kindsOf(config).includes('account-locked'))
    return 'realms: whose accounts are there must be said where accounts are locked'
  return whyNoRealms(config) ?? whyNoAccounts(config)
}

function whyNoRealms(config: ScriptConfig): string | undefined {
  try {
    realmsOf(config)
    return undefined
  } catch (error) {
    return `realms: ${error instanceof Error ? error.message : String(error)}`
  }
}

function whyNoAccounts(config: ScriptConfig): string | undefined {
  try {
    const realms = realmsOf(config)
    const stray = accountsOf(config)?.find((account) => realms?.includes(realmOf(account)) === false)
    return stray === undefined ? undefined : `accounts: ${stray} is of none of the realms`
  } catch (error) {
    return `accounts: ${error instanceof Error ? error.message : String(error)}`
  }
}
