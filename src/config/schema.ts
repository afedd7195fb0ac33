import { type Static, type TSchema, Type } from 'typebox'
import type { RetentionRule } from '../domain/retention.ts'
import { ACTIONS, SWITCH_KINDS } from '../domain/rule.ts'
import { TARGET_KINDS } from '../domain/target.ts'
import { MOST_ENFORCERS } from '../inventory/inventory.ts'
import { ListenersSchema, MailSchema, WebhooksSchema } from './mail-schema.ts'
import { Name, SiteSchema } from './site-schema.ts'

const strict = { additionalProperties: false } as const

function record<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties, strict)
}

const Whole = Type.Integer({ minimum: 0 })
const Share = Type.Number({ minimum: 0, maximum: 1 })

const DeviceSchema = record({
  name: Name,
  kind: Type.String(),
  config: Type.Optional(Type.Unknown()),
  urpf: Type.Optional(Type.Boolean()),
  enforcers: Type.Optional(
    Type.Array(
      record({
        name: Name,
        witness: Type.Optional(record({ kind: Type.String(), config: Type.Optional(Type.Unknown()) })),
        seenWithin: Type.Optional(Type.String()),
      }),
      { maxItems: MOST_ENFORCERS },
    ),
  ),
})

const OfRole = Type.Partial(
  record({
    ipv4Addresses: Type.Integer({ minimum: 1 }),
    ipv6Length: Type.Integer({ minimum: 1, maximum: 128 }),
    duration: Type.String(),
    active: Whole,
    departmentShare: Share,
  }),
  strict,
)

const LimitsSchema = record({
  wide: Type.Optional(
    Type.Partial(
      record({
        ipv4Addresses: Whole,
        ipv6Length: Whole,
        outsideIpv4Length: Whole,
        outsideIpv6Length: Whole,
        sharedUsers: Whole,
        ownHostsInADay: Whole,
      }),
      strict,
    ),
  ),
  proposals: Type.Optional(
    Type.Partial(
      record({ lapse: Type.String(), waiting: Whole, emergency: Type.String(), emergencies: Whole }),
      strict,
    ),
  ),
  roles: Type.Optional(Type.Partial(record({ analyst: OfRole, trigger: OfRole }), strict)),
  breaker: Type.Optional(
    Type.Partial(
      record({
        perMinute: Whole,
        perHour: Whole,
        hosts: Whole,
        departmentHosts: Whole,
        departmentShare: Share,
        allPerMinute: Whole,
        allPerHour: Whole,
        allHosts: Whole,
      }),
      strict,
    ),
  ),
  probation: Type.Optional(Type.String()),
  spoofableSources: Type.Optional(Type.Union([Type.Literal('refuse'), Type.Literal('allow')])),
  plan: Type.Optional(Type.Partial(record({ entries: Whole, share: Share }), strict)),
})

/** Files for TLS, or `false`; that `true` is none is checked where it is read, as a choice of forms has no names. */
const SyslogTls = Type.Unsafe<
  boolean | { caFile?: string; certFile?: string; keyFile?: string; servername?: string }
>({
  type: ['object', 'boolean'],
  properties: {
    caFile: { type: 'string' },
    certFile: { type: 'string' },
    keyFile: { type: 'string' },
    servername: { type: 'string', minLength: 1 },
  },
  additionalProperties: false,
})

const FACILITIES = [
  ...(['daemon', 'auth', 'authpriv', 'audit', 'local0', 'local1', 'local2'] as const),
  ...(['local3', 'local4', 'local5', 'local6', 'local7'] as const),
] as const

const AuditSchema = record({
  syslog: Type.Optional(
    record({
      host: Type.String({ minLength: 1 }),
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
      tls: Type.Optional(SyslogTls),
      facility: Type.Optional(Type.Unsafe<(typeof FACILITIES)[number]>({ enum: [...FACILITIES] })),
      hostname: Type.Optional(Type.String({ pattern: '^[!-~]{1,255}$' })),
      appName: Type.Optional(Type.String({ pattern: '^[!-~]{1,48}$' })),
    }),
  ),
})

const PagerSchema = record({
  command: Type.Array(Type.String(), { minItems: 1 }),
  timeout: Type.Optional(Type.String()),
})

const LoginSchema = record({
  oidc: record({
    issuer: Type.String(),
    clientId: Type.String({ minLength: 1, maxLength: 400 }),
    clientSecret: Type.Optional(Type.String()),
    redirectUrl: Type.Optional(Type.String()),
    scopes: Type.Optional(Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$' }))),
    groupsClaim: Type.Optional(Type.String({ minLength: 1 })),
    nameClaim: Type.Optional(Type.String({ minLength: 1 })),
    roles: Type.Array(
      record({
        group: Type.String({ minLength: 1 }),
        roles: Type.Array(Type.String(), { minItems: 1 }),
        departments: Type.Optional(Type.Array(Name, { minItems: 1 })),
      }),
      { minItems: 1 },
    ),
    sessionLasts: Type.Optional(Type.String()),
    rolesLast: Type.Optional(Type.String()),
  }),
})

const StatisticsSchema = Type.Partial(
  record({
    public: Type.Boolean(),
    smallest: Type.Integer({ minimum: 3 }),
    departmentUsers: Whole,
  }),
  strict,
)

const CrowdsecSchema = record({ serve: Name })

/** A part of a list in a query; a comma would be two. */
const Listed = Type.Array(Type.String({ pattern: '^[^,]{1,200}$' }), { minItems: 1, maxItems: 100 })

/** What the kinds need beside is checked where it is read, as a choice of forms has no names. */
const SourceSchema = record({
  name: Name,
  kind: Type.Unsafe<'spool' | 'crowdsec'>({ enum: ['spool', 'crowdsec'] }),
  token: Type.String({ minLength: 1, maxLength: 200 }),
  folder: Type.Optional(Type.String({ minLength: 1 })),
  format: Type.Optional(Type.String()),
  url: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  ca: Type.Optional(Type.String({ minLength: 1 })),
  every: Type.Optional(Type.String()),
  origins: Type.Optional(Listed),
  scopes: Type.Optional(Listed),
  scenarios: Type.Optional(Listed),
})

const RetentionSchema = Type.Partial(
  record({
    blocks: Type.String(),
    requests: Type.String(),
    triggers: Type.String(),
    mail: Type.String(),
    reads: Type.String(),
    devices: Type.String(),
  } satisfies Record<RetentionRule, unknown>),
  strict,
)

/** `cordon.yaml`. Paths are relative to the file. */
export const ConfigSchema = record({
  listen: Type.Optional(
    record({
      host: Type.Optional(Type.String()),
      port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
      socket: Type.Optional(Type.String()),
      tls: Type.Optional(record({ certFile: Type.String(), keyFile: Type.String() })),
      behindTlsProxy: Type.Optional(Type.Boolean()),
    }),
  ),
  ledger: Type.Optional(
    record({
      folder: Type.Optional(Type.String()),
      retainEnded: Type.Optional(Type.String()),
      segmentBytes: Type.Optional(Type.Integer({ minimum: 1 << 20 })),
      checkpointEvents: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
  ),
  runtimeFolder: Type.Optional(Type.String()),
  accessFile: Type.Optional(Type.String()),
  logLevel: Type.Optional(
    Type.Union(['debug', 'info', 'warn', 'error', 'silent'].map((level) => Type.Literal(level))),
  ),
  placements: Type.Optional(Type.String()),
  policies: Type.Optional(Type.String()),
  advice: Type.Optional(Type.String()),
  mappings: Type.Optional(Type.Array(Type.String())),
  sources: Type.Optional(Type.Array(SourceSchema, { maxItems: 100 })),
  site: SiteSchema,
  devices: Type.Array(DeviceSchema),
  bindings: Type.Optional(
    Type.Partial(record({ folder: Type.String(), keep: Type.String(), clockError: Type.String() }), strict),
  ),
  limits: Type.Optional(LimitsSchema),
  audit: Type.Optional(AuditSchema),
  pager: Type.Optional(PagerSchema),
  mail: Type.Optional(MailSchema),
  webhooks: Type.Optional(WebhooksSchema),
  listeners: Type.Optional(ListenersSchema),
  login: Type.Optional(LoginSchema),
  statistics: Type.Optional(StatisticsSchema),
  retention: Type.Optional(RetentionSchema),
  crowdsec: Type.Optional(CrowdsecSchema),
})

export type ConfigFile = Static<typeof ConfigSchema>

const Kind = Type.Union([
  Type.Literal('d-rtbh'),
  Type.Literal('s-rtbh'),
  Type.Literal('flow'),
  Type.Literal('acl'),
  ...SWITCH_KINDS.map((kind) => Type.Literal(kind)),
])

/** `policies/placement.yaml`. */
export const PlacementsSchema = record({
  placements: Type.Array(
    record({
      name: Type.String({ minLength: 1, maxLength: 100 }),
      when: Type.Partial(
        record({
          target: Type.Array(Type.Union(TARGET_KINDS.map((kind) => Type.Literal(kind))), { minItems: 1 }),
          side: Type.Union([Type.Literal('own'), Type.Literal('outside')]),
          direction: Type.Array(
            Type.Union([Type.Literal('to'), Type.Literal('from'), Type.Literal('both')]),
            { minItems: 1 },
          ),
          family: Type.Union([Type.Literal(4), Type.Literal(6)]),
          narrowed: Type.Boolean(),
          action: Type.Array(Type.Union(ACTIONS.map((action) => Type.Literal(action))), { minItems: 1 }),
          scope: Type.Array(Type.String(), { minItems: 1 }),
          origin: Type.Union([Type.Literal('person'), Type.Literal('automatic')]),
          policy: Type.Array(Name, { minItems: 1 }),
        }),
        strict,
      ),
      use: Type.Array(record({ device: Name, as: Kind }), { minItems: 1 }),
    }),
    { minItems: 1 },
  ),
})

export type PlacementsFile = Static<typeof PlacementsSchema>
