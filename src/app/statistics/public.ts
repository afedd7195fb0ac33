import { CATEGORIES } from '../../domain/category.ts'
import { TARGET_KINDS } from '../../domain/target.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import type { App } from '../context.ts'
import type { Durations } from './durations.ts'
import { type Days, dayAt, periodsOf, wrongDays } from './periods.ts'
import type { PublicRules } from './public-rules.ts'
import { Whole } from './rows.ts'
import { type BlockKind, beginningOf, countsIn, type DayCounts, dayOf } from './tally.ts'
import { type Parts, unlessSmall, withheld } from './withhold.ts'

/** What half of them, and nine of ten, did not exceed, in milliseconds. */
export interface UsualTimes {
  readonly p50: number
  readonly p90: number
}

/** One month, UTC, without anything about anybody. `null` stands for what is too small to be told, or would tell that. */
export interface PublicMonth {
  readonly days: Days
  /** Blocks that began, told apart in four ways; `''` of departments is everything else. */
  readonly began: number | null
  readonly by: Readonly<Record<'target' | 'origin' | 'category' | 'department', Parts['parts']>>
  readonly ended: Parts
  readonly enforce: UsualTimes | null
  readonly lift: UsualTimes | null
  /** That blocks had met, where it was counted. */
  readonly stopped: { readonly packets: number; readonly bytes: number } | null
  readonly requests: {
    readonly filed: number | null
    readonly answered: Parts
    readonly answer: UsualTimes | null
  }
  readonly triggers: Parts
}

export interface PublicStatistics {
  readonly smallest: number
  readonly months: readonly PublicMonth[]
}

/** Months that are told where nobody says which, and at the most. */
const SOME = 12
const MOST = 120

/**
 * What anybody may see: whole months alone, and those alone that are over, so that nothing is learnt from asking twice.
 * @throws AppError `calendar-day`, `calendar-range`
 */
export async function publicStatistics(
  app: Pick<App, 'statistics' | 'clock' | 'inventory'>,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<PublicStatistics> {
  const { book, rules } = app.statistics
  const months = monthsOf(app.clock.now(), from, to)
  const fold = await book.now()
  const departments = publicDepartments(app.inventory, rules)
  return {
    smallest: rules.smallest,
    months: months.map((days) => monthOf(days, fold.tally.days, departments, rules.smallest)),
  }
}

function monthsOf(now: number, from: string | undefined, to: string | undefined): Days[] {
  const today = new Date(now)
  const first = (back: number): number =>
    dayOf(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - back, 1))
  const asked = {
    first: from === undefined ? first(SOME) : dayAt('from', from),
    last: Math.min(first(0) - 1, to === undefined ? first(0) - 1 : dayAt('to', to)),
  }
  const months = periodsOf(asked, 'month').filter(isWhole)
  if (months.length <= MOST) return months
  throw wrongDays(`that is ${months.length} months; ask for ${MOST} at the most`)
}

function isWhole({ first, last }: Days): boolean {
  return isFirst(first) && isFirst(last + 1)
}

function isFirst(day: number): boolean {
  return new Date(beginningOf(day)).getUTCDate() === 1
}

/** Of a department that is small, a count would be about few people. */
function publicDepartments({ departments }: Inventory, { departmentUsers }: PublicRules): readonly string[] {
  return [...departments.values()]
    .flatMap(({ name, users = 0 }) => (users < departmentUsers ? [] : [name]))
    .sort()
}

const ORIGINS = ['person', 'automatic']

function monthOf(
  days: Days,
  counted: ReadonlyMap<number, DayCounts>,
  departments: readonly string[],
  smallest: number,
): PublicMonth {
  const whole = new Whole(days, { whole: true, isMeant: () => true })
  const began = {
    target: zeros(TARGET_KINDS),
    origin: zeros(ORIGINS),
    category: zeros([...CATEGORIES, 'none']),
    department: zeros([...departments, ELSEWHERE]),
  }
  for (let day = days.first; day <= days.last; day += 1) {
    const counts = counted.get(day)
    if (counts === undefined) continue
    whole.add(counts)
    for (const [kind, blocks] of counts.blocks)
      for (const [name, group] of Object.entries(groupsOf(kind, began.department))) {
        const parts = began[name as keyof typeof began]
        parts.set(group, countsIn(parts, group, () => 0) + blocks.began)
      }
  }
  return { days, ...told(whole, began, smallest) }
}

const ELSEWHERE = ''

function zeros(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name) => [name, 0]))
}

/** One group in each way, so that all ways come to the same sum. */
function groupsOf(
  { target, origin, category, departments }: BlockKind,
  known: ReadonlyMap<string, number>,
): Readonly<Record<keyof PublicMonth['by'], string>> {
  const [only = ELSEWHERE, ...others] = departments
  return { target, origin, category, department: others.length === 0 && known.has(only) ? only : ELSEWHERE }
}

function told(
  { blocks, requests: { unblock }, triggers }: Whole,
  began: Readonly<Record<keyof PublicMonth['by'], ReadonlyMap<string, number>>>,
  smallest: number,
): Omit<PublicMonth, 'days'> {
  const parts = (counts: ReadonlyMap<string, number>): Parts => withheld(Object.fromEntries(counts), smallest)
  const byTarget = parts(began.target)
  return {
    began: byTarget.whole,
    by: {
      target: byTarget.parts,
      origin: parts(began.origin).parts,
      category: parts(began.category).parts,
      department: parts(began.department).parts,
    },
    ended: withheld(blocks.ended, smallest),
    enforce: usual(blocks.enforce, smallest),
    lift: usual(blocks.lift, smallest),
    stopped:
      blocks.stopped.blocks < smallest
        ? null
        : { packets: blocks.stopped.packets, bytes: blocks.stopped.bytes },
    requests: {
      filed: unlessSmall(unblock.filed, smallest),
      answered: withheld({ ...unblock.answered }, smallest),
      answer: usual(unblock.answer, smallest),
    },
    triggers: withheld(triggers?.by ?? {}, smallest),
  }
}

function usual(durations: Durations, smallest: number): UsualTimes | null {
  const [p50, p90] = [durations.quantile(0.5), durations.quantile(0.9)]
  return durations.count < smallest || p50 === undefined || p90 === undefined ? null : { p50, p90 }
}
