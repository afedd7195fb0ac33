import { type Static, Type } from 'typebox'
import { type Login, loginSchema, whyNoLogin } from '../configured/login.ts'

/** A device's `config` in cordon.yaml. */
export const nftConfigSchema = Type.Object(
  {
    ssh: Type.Optional(
      loginSchema({
        sudo: Type.Optional(
          Type.Boolean({ description: 'Runs nft as root, by sudo that asks nobody; false if left out.' }),
        ),
      }),
    ),
    table: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9_]{0,30}$',
        description: 'The inet table that Cordon owns; cordon if left out.',
      }),
    ),
    namespace: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
        description:
          'A named network namespace (ip netns) to work in; the one Cordon runs in, or is logged in to, if left out.',
      }),
    ),
    maxEntries: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'The most rules of ours; 100000 if left out.',
      }),
    ),
    maxShapes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description:
          'How many different kinds of match may stand at once; each costs every packet one more look. 500 if left out.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type NftConfig = Static<typeof nftConfigSchema>

/** How another host is logged in to, on which nft runs. */
export interface FarSettings {
  readonly login: Login
  readonly sudo: boolean
}

export interface Settings {
  /** Undefined: nft runs here. */
  readonly far: FarSettings | undefined
  readonly table: string
  readonly namespace: string | undefined
  readonly maxEntries: number
  readonly maxShapes: number
}

export function settingsOf(config: NftConfig): Settings {
  return {
    far: config.ssh === undefined ? undefined : { login: config.ssh, sudo: config.ssh.sudo ?? false },
    table: config.table ?? 'cordon',
    namespace: config.namespace,
    maxEntries: config.maxEntries ?? 100_000,
    maxShapes: config.maxShapes ?? 500,
  }
}

export function whyUnusable({ ssh }: NftConfig): string | undefined {
  return ssh === undefined ? undefined : whyNoLogin(ssh)
}
