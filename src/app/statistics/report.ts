import { type Clock, sleep } from '../../domain/clock.ts'
import { belongsTo } from '../../inventory/inventory.ts'
import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'
import { requireRight } from '../use-cases.ts'
import { type Days, periodsOf, readDays, type Step } from './periods.ts'
import { Apart, type Dimension, type Row, type Scope, Whole } from './rows.ts'
import type { DayCounts } from './tally.ts'

/** What is asked of the statistics; days as texts, `2026-11-01`, the last one included. */
export interface StatisticsQuery {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly by?: Dimension | undefined
  readonly step?: Step | undefined
}

/** Requests that are open now, and those of them that should have been answered. */
export interface OpenRequests {
  readonly open: number
  readonly overdue: number
}

export interface Statistics {
  readonly days: Days
  readonly by?: Dimension
  readonly step?: Step
  /** Departments that are meant, where it is not the whole site. */
  readonly departments?: readonly string[]
  /** Until when, and up to which event, it was counted. */
  readonly at: number
  readonly seq: number
  readonly total: Row
  readonly rows: readonly Row[]
  readonly now: { readonly unblock: OpenRequests; readonly logs: OpenRequests }
}

/** How long a turn may be, in milliseconds. */
const TURN = 5

/**
 * What was counted on these days, in UTC. Who is bound to departments is told of what lies wholly in them.
 * @throws AppError `forbidden`, `calendar-day`, `calendar-range`
 */
export async function showStatistics(
  app: App,
  caller: Caller,
  { from, to, by, step }: StatisticsQuery,
): Promise<Statistics> {
  requireRight(caller, 'showStatistics')
  const days = readDays({ from, to }, app.clock.now(), step)
  const fold = await app.statistics.book.now()
  const scope = scopeOf(app, caller)
  const { total, rows } = await rowsOf(app.clock, fold.tally.days, days, { by, step }, scope)
  const open = (kind: 'unblock' | 'logs'): OpenRequests =>
    fold.requests.open(kind, fold.at, ({ departments }) => scope.isMeant(departments))
  return {
    days,
    ...(by === undefined ? {} : { by }),
    ...(step === undefined ? {} : { step }),
    ...(caller.departments === undefined ? {} : { departments: caller.departments }),
    ...{ at: fold.at, seq: fold.seq, total, rows },
    now: { unblock: open('unblock'), logs: open('logs') },
  }
}

/** As with blocks, what is partly another's is not theirs. */
function scopeOf({ inventory }: App, { departments: own }: Caller): Scope {
  if (own === undefined) return { whole: true, isMeant: () => true }
  return {
    whole: false,
    isMeant: (departments) =>
      departments.length > 0 && departments.every((name) => belongsTo(inventory, name, own)),
  }
}

async function rowsOf(
  clock: Clock,
  counted: ReadonlyMap<number, DayCounts>,
  days: Days,
  { by, step }: Pick<StatisticsQuery, 'by' | 'step'>,
  scope: Scope,
): Promise<Pick<Statistics, 'total' | 'rows'>> {
  const total = new Whole(days, scope)
  const rows: Row[] = []
  let since = clock.monotonic()
  for (const period of periodsOf(days, step)) {
    const whole = by === undefined ? new Whole(period, scope) : undefined
    const apart = by === undefined ? undefined : new Apart(period, by, scope)
    for (let day = period.first; day <= period.last; day += 1) {
      const counts = counted.get(day)
      if (counts === undefined) continue
      for (const row of [total, whole, apart]) row?.add(counts)
      if (clock.monotonic() - since < TURN) continue
      await sleep(clock, 0)
      since = clock.monotonic()
    }
    rows.push(...(whole === undefined ? [] : [whole]), ...(apart?.rows() ?? []))
  }
  return { total, rows }
}
