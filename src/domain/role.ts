/** Everything that can be allowed; a token carries some of these, a denial names the one that is missing. */
export const SCOPES = [
  'blocks:read',
  'blocks:write',
  'blocks:approve',
  'blocks:break-glass',
  'requests:read',
  'requests:write',
  'requests:decide',
  'messages:read',
  'messages:write',
  'mail:write',
  'triggers:read',
  'triggers:write',
  'devices:read',
  'devices:hold',
  'automation:stop',
  'automation:resume',
  'automation:panic',
  'lists:read',
  'inventory:read',
  'inventory:load',
  'bindings:write',
  'evidence:read',
  'ledger:read',
  'audit:read',
  'statistics:read',
  'privacy:read',
  'privacy:write',
  'people:write',
  'tokens:write',
] as const

/** A right. */
export type AccessScope = (typeof SCOPES)[number]

const READING = ['blocks:read', 'requests:read', 'devices:read', 'inventory:read', 'statistics:read'] as const

/** What each role may do (docs/security.md explains them). A person may have several. */
export const ROLE_SCOPES = {
  viewer: READING,
  analyst: [
    ...READING,
    'blocks:write',
    'blocks:break-glass',
    'requests:write',
    'requests:decide',
    'messages:read',
    'messages:write',
    'triggers:read',
    'automation:stop',
    'evidence:read',
    'ledger:read',
  ],
  approver: [
    ...READING,
    'blocks:approve',
    'triggers:read',
    'automation:stop',
    'evidence:read',
    'ledger:read',
  ],
  noc: [...READING, 'lists:read', 'devices:hold', 'automation:stop', 'automation:resume', 'automation:panic'],
  admin: [
    ...READING,
    'inventory:load',
    'bindings:write',
    'automation:stop',
    'automation:resume',
    'automation:panic',
    'people:write',
    'tokens:write',
    'audit:read',
    'ledger:read',
    'messages:read',
    'messages:write',
  ],
  privacy: [...READING, 'audit:read', 'privacy:read', 'privacy:write'],
  itss: ['blocks:read', 'requests:read', 'requests:write', 'statistics:read'],
  trigger: ['blocks:read', 'blocks:write', 'triggers:write'],
  feeder: ['bindings:write'],
  puller: ['lists:read'],
  mailer: ['mail:write'],
} as const satisfies Readonly<Record<string, readonly AccessScope[]>>

export type Role = keyof typeof ROLE_SCOPES

export const ROLES = Object.keys(ROLE_SCOPES) as readonly Role[]

/** Roles of machines alone. */
export const MACHINE_ROLES: readonly Role[] = ['trigger', 'feeder', 'puller', 'mailer']

export const PEOPLE_ROLES = ROLES.filter((role) => !MACHINE_ROLES.includes(role))

/** Roles that mean nothing without the departments that they are for. */
export const BOUND_ROLES: readonly Role[] = ['itss']

/** Roles that may block; each has limits of its own. */
export const BLOCKING_ROLES = ['analyst', 'trigger'] as const satisfies readonly Role[]

export type BlockingRole = (typeof BLOCKING_ROLES)[number]

export function scopesOf(roles: readonly Role[]): ReadonlySet<AccessScope> {
  return new Set(roles.flatMap((role): readonly AccessScope[] => ROLE_SCOPES[role]))
}
