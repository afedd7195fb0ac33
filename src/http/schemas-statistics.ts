import { type Static, Type } from 'typebox'
import { STEPS } from '../app/statistics/periods.ts'
import { DIMENSIONS } from '../app/statistics/rows.ts'
import { type Answer, strict } from './schemas.ts'

const day = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }))
const format = Type.Optional(Type.Enum(['json', 'csv'], { description: 'json when left out.' }))
const count = Type.Integer()
const told = Type.String({ description: 'A day in UTC.' })
const maybe = Type.Unsafe<number | null>({ type: ['integer', 'null'] })

export const statisticsQuery = Type.Object(
  {
    from: day('First day in UTC, 2026-11-01; the last 30 days when left out.'),
    to: day('Last day; today when left out.'),
    by: Type.Optional(Type.Enum([...DIMENSIONS], { description: 'Told apart by this.' })),
    step: Type.Optional(
      Type.Enum([...STEPS], { description: 'A row for each; one for all days when left out.' }),
    ),
    format,
  },
  strict,
)

export const publicQuery = Type.Object(
  {
    from: day('Months from this day on, 2026-01-01; the last twelve when left out.'),
    to: day('Months up to this day.'),
    format,
  },
  strict,
)

const times = Type.Object(
  { n: count, p50Ms: maybe, p90Ms: maybe, p99Ms: maybe, maxMs: maybe },
  { description: 'How long things took: how many, and what shares of them did not exceed, within 4.5 %.' },
)
const kept = Type.Object({ met: count, missed: count })

const blocks = Type.Object({
  began: count,
  proposed: count,
  ended: Type.Object({
    ...{ released: count, expired: count, withdrawn: count, declined: count, lapsed: count },
  }),
  enforce: times,
  verify: times,
  lift: times,
  stopped: Type.Object(
    { blocks: count, packets: count, bytes: count },
    { description: 'What ended blocks had met, and of how many of them that is known.' },
  ),
})

const requests = Type.Object({
  filed: count,
  reopened: count,
  settled: Type.Object({
    ...{ granted: count, denied: count, received: count, dropped: count, withdrawn: count, moot: count },
  }),
  answer: times,
  answered: kept,
  acknowledged: kept,
})

const triggers = Type.Object({ block: count, ask: count, refuse: count, ignore: count, none: count })

const row = Type.Object({
  from: told,
  to: told,
  group: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Of what it is, where it is told apart; null for what is in no group.',
    }),
  ),
  blocks,
  requests: Type.Optional(Type.Object({ unblock: requests, logs: requests })),
  triggers: Type.Optional(triggers),
  messages: Type.Optional(Type.Object({ queued: count, sent: count, dead: count, dropped: count })),
})

const open = Type.Object({ open: count, overdue: count })

export const statistics = Type.Object({
  from: told,
  to: told,
  zone: Type.Enum(['UTC']),
  by: Type.Optional(Type.String()),
  step: Type.Optional(Type.String()),
  departments: Type.Optional(
    Type.Array(Type.String(), { description: 'Those that are meant, where it is not the whole site.' }),
  ),
  countedTo: Type.String({ format: 'date-time' }),
  seq: Type.Integer({ description: 'Up to which event of the ledger.' }),
  total: row,
  rows: Type.Array(row),
  now: Type.Object({ unblock: open, logs: open }, { description: 'Requests that are open now.' }),
})

const WITHHELD = 'null where it is too small to be told, or would tell another that is.'
const withheld = Type.Unsafe<number | null>({ type: ['integer', 'null'], description: WITHHELD })
const group = Type.Object({
  name: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'null for everything else: small departments, several at once, none.',
  }),
  began: withheld,
})
const usual = Type.Unsafe<{ p50Ms: number; p90Ms: number } | null>({
  type: ['object', 'null'],
  properties: { p50Ms: { type: 'integer' }, p90Ms: { type: 'integer' } },
  description: WITHHELD,
})

export const publicStatistics = Type.Object({
  zone: Type.Enum(['UTC']),
  smallest: Type.Integer({ description: 'The smallest count that is told.' }),
  months: Type.Array(
    Type.Object({
      month: Type.String({ description: 'Such as 2026-10.' }),
      blocks: Type.Object({
        began: withheld,
        by: Type.Object({
          ...{ target: Type.Array(group), origin: Type.Array(group) },
          ...{ category: Type.Array(group), department: Type.Array(group) },
        }),
        ended: withheld,
        endedHow: Type.Object({
          ...{ released: withheld, expired: withheld, withdrawn: withheld },
          ...{ declined: withheld, lapsed: withheld },
        }),
        enforce: usual,
        lift: usual,
        stopped: Type.Unsafe<{ packets: number; bytes: number } | null>({
          type: ['object', 'null'],
          properties: { packets: { type: 'integer' }, bytes: { type: 'integer' } },
          description: WITHHELD,
        }),
      }),
      requests: Type.Object({
        filed: withheld,
        answered: withheld,
        met: withheld,
        missed: withheld,
        answer: usual,
      }),
      triggers: Type.Object({
        ...{ taken: withheld, block: withheld, ask: withheld, refuse: withheld },
        ...{ ignore: withheld, none: withheld },
      }),
    }),
  ),
})

export type StatisticsJson = Answer<typeof statistics>
export type StatisticsRowJson = StatisticsJson['rows'][number]
export type PublicStatisticsJson = Answer<typeof publicStatistics>
export type StatisticsQuery = Static<typeof statisticsQuery>
export type PublicQuery = Static<typeof publicQuery>
