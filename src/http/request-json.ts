import type { App } from '../app/context.ts'
import { isLate, type RequestView } from '../app/requests/show.ts'
import { targetText } from '../domain/block.ts'
import { answersTo, type Request } from '../domain/request.ts'
import { endText, timeText } from './block-json.ts'
import type { RequestJson } from './schemas-requests.ts'

export function requestViewJson(app: App, { request, block, others, hidden }: RequestView): RequestJson {
  return {
    ...requestJson(app, request),
    ...(block === undefined ? {} : { target: targetText(block.target) }),
    others: others.map(({ block: { id }, because }) => ({ id, name: `Cordon#${id}`, because })),
    hidden,
  }
}

export function requestJson(app: App, it: Request): RequestJson {
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

function stateOf({ kind, turn, takenBy, settled }: Request): RequestJson['state'] {
  if (settled !== undefined) return settled.how
  if (turn !== answersTo(kind)) return 'waiting'
  return takenBy === undefined ? 'open' : 'taken'
}

function logsJson({ of, about, from, to }: NonNullable<Request['logs']>) {
  return { of, about, from: timeText(from), to: timeText(to) }
}

function wordJson({ ledger }: App, { at, by, ...word }: Request['words'][number]) {
  const token = ledger.head.tokens.get(by)
  const name =
    token?.person === undefined ? token?.name : (ledger.head.people.get(token.person)?.name ?? token.name)
  return { at: timeText(at), by, ...(name === undefined ? {} : { name }), ...word }
}
