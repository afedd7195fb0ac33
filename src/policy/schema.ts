import { type Static, type TSchema, Type } from 'typebox'
import { COLLATERALS } from '../domain/block.ts'
import { TRIGGER_FIELDS } from '../triggers/trigger-schema.ts'

const strict = { additionalProperties: false } as const

function record<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties, strict)
}

const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })
const Sentence = Type.String({ minLength: 1, maxLength: 400 })
const Cel = Type.String({ minLength: 1, maxLength: 2_000 })
const Span = Type.String({ minLength: 2, maxLength: 40 })
export const VERDICTS = ['block', 'ask', 'refuse', 'ignore'] as const
const Verdict = Type.Enum([...VERDICTS])

/** No wider than what anybody routes: an aggregate hits strangers. */
function aggregate(shortest: number, longest: number) {
  return Type.Optional(
    record({
      length: Type.Integer({ minimum: shortest, maximum: longest }),
      hosts: Type.Integer({ minimum: 2, maximum: 65_536 }),
    }),
  )
}

/** What a block of a policy is to be. */
const Block = record({
  match: Type.Optional(
    Type.Union([Type.Literal('trigger'), Type.Literal('peer'), Type.Record(Type.String(), Type.Unknown())]),
  ),
  direction: Type.Optional(Type.Enum(['to', 'from', 'both'])),
  action: Type.Optional(
    Type.Union([
      Type.Literal('drop'),
      Type.Literal('suspend'),
      Type.Literal('quarantine'),
      record({ rateLimit: Type.Integer({ minimum: 1 }) }),
      record({ redirect: Type.String() }),
      record({ mark: Type.Integer({ minimum: 0, maximum: 63 }) }),
    ]),
  ),
  scope: Type.Optional(
    Type.String({ pattern: '^(local|(region|upstream):[A-Za-z0-9][A-Za-z0-9._-]{0,63})$' }),
  ),
  collateral: Type.Optional(Type.Array(Type.Enum([...COLLATERALS]))),
  quarantine: Type.Optional(Type.Boolean()),
  lasts: Type.Union([Span, Type.Array(Span, { minItems: 1, maxItems: 10 })]),
  most: Type.Optional(Span),
  onClose: Type.Optional(
    Type.Union([Type.Literal('release'), Type.Literal('keep'), record({ after: Span })]),
  ),
  goesOn: Type.Optional(
    Type.Object(
      {
        packetsPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
        uncounted: Type.Optional(Type.Enum(['end', 'open'])),
      },
      { ...strict, minProperties: 1 },
    ),
  ),
  aggregate: Type.Optional(
    Type.Object({ ipv4: aggregate(24, 31), ipv6: aggregate(48, 127) }, { ...strict, minProperties: 1 }),
  ),
  spoofable: Type.Optional(Sentence),
})

const Rule = record({
  rule: Name,
  when: Type.Optional(Cel),
  verdict: Verdict,
  why: Sentence,
  advice: Type.Optional(Name),
  block: Type.Optional(Block),
})

const { id, revision, kind, detectedAt, ...asked } = TRIGGER_FIELDS
const Trigger = record({
  id: Type.Optional(id),
  revision: Type.Optional(revision),
  kind: Type.Optional(kind),
  detectedAt: Type.Optional(detectedAt),
  ...asked,
})
const Given = Type.Optional(
  record({
    source: Type.Optional(Type.String()),
    format: Type.Optional(Type.String()),
    now: Type.Optional(Type.String()),
    own: Type.Optional(Type.Boolean()),
    known: Type.Optional(Type.Boolean()),
    users: Type.Optional(Type.Integer({ minimum: 0 })),
    departments: Type.Optional(Type.Array(Type.String())),
    blocks: Type.Optional(Type.Integer({ minimum: 0 })),
    since: Type.Optional(Span),
    active: Type.Optional(Type.Integer({ minimum: 0 })),
    opens: Type.Optional(Type.Integer({ minimum: 1 })),
    victims: Type.Optional(Type.Integer({ minimum: 1 })),
    sourceBlocks: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
)
const ABOUT = { trigger: Trigger, given: Given }

/** A trigger, and what is given about its target, without a word of what should come of it. */
export const CASE = record(ABOUT)
export type Case = Static<typeof CASE>

const Example = record({
  example: Sentence,
  ...ABOUT,
  expect: record({
    verdict: Type.Union([Verdict, Type.Literal('none')]),
    rule: Type.Optional(Name),
    lasts: Type.Optional(Span),
  }),
})

/** One policy, in a file of its own. */
export const POLICY_FILE = record({
  policy: Name,
  about: Sentence,
  priority: Type.Integer({ minimum: 1, maximum: 9_999 }),
  mode: Type.Enum(['enforce', 'simulate', 'off']),
  when: Type.Optional(Cel),
  incident: Type.Optional(Cel),
  limits: Type.Optional(
    record({
      perMinute: Type.Optional(Type.Integer({ minimum: 1 })),
      perHour: Type.Optional(Type.Integer({ minimum: 1 })),
      active: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
  ),
  rules: Type.Array(Rule, { minItems: 1, maxItems: 50 }),
  examples: Type.Array(Example, { minItems: 1, maxItems: 100 }),
})

export type PolicyFile = Static<typeof POLICY_FILE>
export type RuleFile = PolicyFile['rules'][number]
export type ExampleFile = PolicyFile['examples'][number]
export type BlockFile = NonNullable<RuleFile['block']>
