import { isIdentity, type Target, targetText } from '../domain/target.ts'
import { belongsTo, type Inventory, namedPrefixes } from '../inventory/inventory.ts'
import type { Recorded } from '../ledger/events.ts'
import { AppError } from './app-error.ts'
import { type AuditFilter, fitsFilter } from './audit-filter.ts'
import type { App } from './context.ts'
import { recordRead } from './record-read.ts'
import type { Caller } from './rights.ts'
import { requireWholeSite } from './sight.ts'
import type { SoughtTarget } from './target-search.ts'
import { requireRight } from './use-cases.ts'

/** What is asked of the audit. */
export interface AuditQuery extends AuditFilter {
  /** Blocks that share an address with this. */
  readonly target?: Target
  /** Blocks of this department, its parts and the hosts in them. */
  readonly department?: string
  readonly limit: number
  /** Newest first, those before this number, or from the newest on. */
  readonly before?: number
  /** Oldest first, those behind this number; goes with no `before`. */
  readonly after?: number
}

/** Events that fit, and where to go on, as the `before` or `after` of the next request; without it that is all. */
export interface AuditPage {
  readonly events: readonly Recorded[]
  readonly next?: number
}

/** Events of the ledger that one request reads at the most; a search for a target as many again. */
const MOST_READ = 20_000

/**
 * What the ledger says about who did what. That it was asked for is recorded before it is answered. A request does a
 * bounded amount of work: a page may be short, or empty, and still have a next one.
 * @throws AppError `forbidden`, `invalid`
 * @throws LedgerFull when the reading cannot be recorded
 */
export async function readAudit(app: App, caller: Caller, query: AuditQuery): Promise<AuditPage> {
  requireRight(caller, 'readAudit')
  requireWholeSite(caller, 'the audit is')
  if (query.before !== undefined && query.after !== undefined)
    throw new AppError(400, 'invalid', 'after: newest first goes with before, oldest first with after', {
      path: 'after',
    })
  const sought = soughtBy(app.inventory, query)
  await recordRead(app, caller, 'audit', { words: wordsOf(query) })
  const last = app.ledger.head.seq
  return query.after === undefined
    ? newestFirst(app, query, sought, Math.min(last, (query.before ?? last + 1) - 1))
    : oldestFirst(app, query, sought, { after: query.after, last })
}

async function newestFirst(
  app: App,
  query: AuditQuery,
  sought: SoughtTarget | undefined,
  upTo: number,
): Promise<AuditPage> {
  const { limit, from } = query
  const blocks = sought && (await app.targets.find(app.ledger, sought, upTo, MOST_READ))
  if (sought !== undefined && blocks === undefined) return { events: [], next: upTo + 1 }
  const first = Math.max(1, upTo - (isPlain(query) ? limit : MOST_READ) + 1)
  const fitting: Recorded[] = []
  let more = first > 1
  if (upTo > 0)
    for await (const recorded of app.ledger.history(first)) {
      if (recorded.seq > upTo) break
      // Times never run backwards, so nothing before is meant either.
      if (from !== undefined && recorded.at < from) more = false
      if (!fitsFilter(recorded, query, blocks, app.ledger.head)) continue
      fitting.push(recorded)
      if (fitting.length <= limit) continue
      fitting.shift()
      more = true
    }
  const next = fitting.length === limit ? (fitting[0]?.seq ?? first) : first
  return { events: fitting.reverse(), ...(more && next > 1 ? { next } : {}) }
}

async function oldestFirst(
  app: App,
  query: AuditQuery,
  sought: SoughtTarget | undefined,
  { after, last }: { readonly after: number; readonly last: number },
): Promise<AuditPage> {
  const upTo = Math.min(last, after + MOST_READ)
  const blocks = sought && (await app.targets.find(app.ledger, sought, upTo, MOST_READ))
  if (sought !== undefined && blocks === undefined) return { events: [], next: after }
  const events: Recorded[] = []
  if (after >= last) return { events }
  let next = after
  for await (const recorded of app.ledger.history(after + 1)) {
    if (recorded.seq > upTo) break
    if (query.to !== undefined && recorded.at >= query.to) return { events }
    next = recorded.seq
    if (fitsFilter(recorded, query, blocks, app.ledger.head)) events.push(recorded)
    if (events.length === query.limit) break
  }
  return { events, ...(next < last ? { next } : {}) }
}

/** Whether every event is meant, so that none is read in vain. */
function isPlain({ limit: _, before: __, after: ___, ...filter }: AuditQuery): boolean {
  return Object.keys(filter).length === 0
}

/** @throws AppError `invalid` for an unknown department */
function soughtBy(inventory: Inventory, { target, department }: AuditQuery): SoughtTarget | undefined {
  if (target !== undefined && department !== undefined)
    throw new AppError(400, 'invalid', 'department: give a target or a department, not both', {
      path: 'department',
    })
  if (target !== undefined)
    return isIdentity(target)
      ? { prefixes: [], identity: target.name }
      : { prefixes: namedPrefixes(inventory, target) ?? [] }
  if (department === undefined) return undefined
  if (!inventory.departments.has(department))
    throw new AppError(400, 'invalid', `department: there is no department '${department}'`, {
      path: 'department',
    })
  const parts = [...inventory.departments.values()].filter(({ name }) =>
    belongsTo(inventory, name, [department]),
  )
  return { department, prefixes: parts.flatMap(({ prefixes }) => prefixes) }
}

/** The filter as it is recorded; where a page begins is none of it. */
function wordsOf({ from, to, types, person, token, block, target, department }: AuditQuery): string {
  const time = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString())
  const parts = {
    ...{ from: time(from), to: time(to), person, token, block },
    kind: types && [...types].sort().join(','),
    target: target && targetText(target),
    department,
  }
  return Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(' ')
}
