import { addWorkingTime, subtractWorkingTime } from '../../calendar/working-time.ts'
import { answersTo, type Reminder, type Request } from '../../domain/request.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import { LOCAL } from '../../ledger/state.ts'
import type { App } from '../context.ts'
import { dueNow, type Service } from './clock.ts'

/** Watches the clocks of requests, until it is closed. */
export interface ClockWatch {
  close(): Promise<void>
}

/** A timer is never longer: another calendar may count meanwhile, and a new request may be due earlier. */
const LONGEST = 30_000
const SHORTEST = 50

/**
 * Records when the time of a request is nearly over, over, or over for so long that others are told; and works out anew
 * what is due when another calendar counts. What was due while nobody watched is recorded at the start.
 */
export function watchClocks(app: App): ClockWatch {
  let cancel = (): void => {}
  let running: Promise<void> = Promise.resolve()
  let closed = false
  const look = (): void => {
    running = lookAtClocks(app)
      .catch((error: unknown) => app.log.warn({ error: String(error) }, 'the clocks of requests stand still'))
      .then(() => {
        if (closed) return
        const wait = Math.min(LONGEST, Math.max(SHORTEST, nextReminder(app) - app.clock.now()))
        cancel = app.clock.after(wait, look)
      })
  }
  cancel = app.clock.after(0, look)
  return {
    close: async () => {
      closed = true
      cancel()
      await running
    },
  }
}

/** Records what has become due by now. */
export async function lookAtClocks(app: App): Promise<void> {
  const now = app.clock.now()
  if (openRequests(app).every((request) => eventsFor(app.site, request, now).length === 0)) return
  await app.ledger.commit(
    (head, at) => {
      const open = [...head.requests.values()].filter(({ settled }) => settled === undefined)
      return { events: open.flatMap((request) => eventsFor(app.site, request, at)), answer: undefined }
    },
    { bytes: 512 + openRequests(app).length * 1_024, always: false },
  )
}

function openRequests({ ledger }: App): Request[] {
  return [...ledger.head.requests.values()].filter(({ settled }) => settled === undefined)
}

function eventsFor(service: Service, request: Request, now: number): LedgerEvent[] {
  const about = { request: request.id, ...(request.block === undefined ? {} : { block: request.block }) }
  if (request.clock.calendar !== service.calendar.version) {
    const { due: before } = request.clock
    return [{ type: 'request.due', ...about, ...dueNow(service, request), before, by: LOCAL.id }]
  }
  const due = stagesOf(service, request).filter(({ at }) => at <= now)
  // Of what came at once, as while nobody watched, the last says it all.
  return [...due.filter(({ stage }) => stage === 'unacknowledged'), ...due.slice(-1)]
    .filter(({ stage }, index, all) => all.findIndex((one) => one.stage === stage) === index)
    .map(({ stage }) => ({ type: 'request.reminded', ...about, stage }))
}

interface Stage {
  readonly stage: Reminder
  readonly at: number
}

/** What is still to be reminded of, and when, in the order of time. */
function stagesOf({ calendar, targets }: Service, { kind, turn, clock, reminded }: Request): Stage[] {
  const { acknowledgeBy, due, from } = clock
  const isNew = ({ stage }: Stage): boolean => !reminded.includes(stage)
  const unseen: Stage[] = acknowledgeBy === undefined ? [] : [{ stage: 'unacknowledged', at: acknowledgeBy }]
  if (due === null || turn !== answersTo(kind)) return unseen.filter(isNew)
  const { time, in: counted } = targets.soon
  const soon = subtractWorkingTime(calendar, due, time, counted)
  const answer: Stage[] = [
    // What must be done within less than that is not reminded of as soon as it begins.
    ...(soon > from ? [{ stage: 'soon' as const, at: soon }] : []),
    { stage: 'missed', at: due },
    { stage: 'escalated', at: addWorkingTime(calendar, due, time, counted) },
  ]
  const last = answer.findLastIndex(({ stage }) => reminded.includes(stage))
  return [...unseen.filter(isNew), ...answer.slice(last + 1)]
}

/** When the next reminder comes, in milliseconds since 1970. */
function nextReminder(app: App): number {
  const times = openRequests(app).flatMap((request) => stagesOf(app.site, request).map(({ at }) => at))
  return Math.min(Number.POSITIVE_INFINITY, ...times)
}
