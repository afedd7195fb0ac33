import { Type } from 'typebox'
import { ORIGIN, strict, TARGET } from './schemas.ts'

export const createQuery = Type.Object({ dryRun: Type.Optional(Type.Boolean()) }, strict)

export const listQuery = Type.Object(
  {
    target: Type.Optional(
      Type.String({
        maxLength: 300,
        description: 'Shares an address with this, or is about this account or station.',
      }),
    ),
    active: Type.Optional(Type.Boolean()),
    proposed: Type.Optional(Type.Boolean({ description: 'Whether it awaits agreement.' })),
    origin: Type.Optional(ORIGIN),
    ticket: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: '50 when left out.' })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: 'From the page before.' })),
  },
  strict,
)

export const hitsQuery = Type.Object(
  {
    fresh: Type.Optional(
      Type.Boolean({
        description: 'false: the last readings, without asking the devices. true when left out.',
      }),
    ),
  },
  strict,
)

export const eventsQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Number of the event behind which it begins; 0 for the first. Left out: from now on.',
      }),
    ),
  },
  strict,
)

export const explainQuery = Type.Object({ target: TARGET }, strict)
