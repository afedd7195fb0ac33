import type { App } from '../app/context.ts'
import { isLate } from '../app/requests/late.ts'
import type { RequestView } from '../app/requests/show.ts'
import type { Caller } from '../app/rights.ts'
import { isTheirs } from '../app/sight.ts'
import { type Request, stateOf } from '../domain/request.ts'
import { targetText } from '../domain/target.ts'
import { endText, timeText } from './block-json.ts'
import { ofWhom } from './of-whom.ts'
import type { RequestJson } from './schemas-requests.ts'

export function requestViewJson(app: App, { request, block, others, hidden }: RequestView): RequestJson {
  return {
    ...requestJson(app, request),
    ...(block === undefined ? {} : { target: targetText(block.target) }),
    others: others.map(({ block: { id }, because }) => ({ id, name: `Cordon#${id}`, because })),
    hidden,
  }
}

/** One of a list, with the target of its block where that is in memory and the caller's to see. */
export function listedRequestJson(app: App, caller: Caller, request: Request): RequestJson {
  const block = app.ledger.head.blocks.get(request.block ?? 0)
  const target = block === undefined || !isTheirs(app, caller, block) ? undefined : targetText(block.target)
  return { ...requestJson(app, request), ...(target === undefined ? {} : { target }) }
}

function requestJson(app: App, it: Request): RequestJson {
  const { clock, settled } = it
  return {
    ...{ id: it.id, name: `Cordon#${it.id}`, kind: it.kind },
    ...(it.block === undefined ? {} : { block: it.block }),
    ...{ departments: it.departments, urgency: it.urgency },
    ...(it.logs === undefined ? {} : { logs: logsJson(it.logs) }),
    ...{ filedAt: timeText(it.filedAt), state: stateOf(it), turn: it.turn },
    due: endText(clock.due),
    ...(clock.acknowledgeBy === undefined ? {} : { acknowledgeBy: timeText(clock.acknowledgeBy) }),
    calendar: clock.calendar,
    pauses: clock.pauses.map(({ from, to }) => ({
      from: timeText(from),
      ...(to === undefined ? {} : { to: timeText(to) }),
    })),
    late: isLate(it, app.clock.now()),
    reminded: it.reminded,
    words: it.words.map((word) => wordJson(app, word)),
    ...(settled === undefined ? {} : { settledAt: timeText(settled.at) }),
    version: it.version,
  }
}

function logsJson({ of, about, from, to }: NonNullable<Request['logs']>) {
  return { of, about, from: timeText(from), to: timeText(to) }
}

function wordJson(app: App, { at, by, ...word }: Request['words'][number]) {
  return { at: timeText(at), by, ...ofWhom(app, by), ...word }
}
