import type { Recorded } from '../ledger/events.ts'
import type { TriggerTaken } from '../ledger/trigger-events.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import { recordRead } from './record-read.ts'
import type { Caller } from './rights.ts'
import { requireWholeSite } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** One trigger with all that is said of its incident. */
export interface IncidentHistory {
  readonly trigger: TriggerTaken
  /** Every trigger of the incident and what was decided about it, oldest first. */
  readonly words: readonly Recorded[]
  /** Earlier ones that are not among them. */
  readonly earlier: number
}

/** Words that are shown of an incident at the most. */
const MOST_WORDS = 1_000

/**
 * What was said of the incident that a trigger is of, and what was decided. That it was asked for is recorded first.
 * @throws AppError `not-found`, also when it was erased
 */
export async function showIncident(app: App, caller: Caller, number: number): Promise<IncidentHistory> {
  requireRight(caller, 'showIncident')
  requireWholeSite(caller, 'triggers are')
  if (number >= app.ledger.head.nextTrigger) throw notFound(`trigger ${number}`)
  await recordRead(app, caller, 'triggers', { words: `trigger=${number}` })
  const trigger = await findTrigger(app, number)
  const { source, record } = trigger
  const words: Recorded[] = []
  let earlier = 0
  for await (const recorded of app.ledger.history()) {
    const { event, redacted } = recorded
    if (redacted || event.type !== 'trigger.taken') continue
    if (event.source !== source || event.record.id !== record.id) continue
    words.push(recorded)
    if (words.length <= MOST_WORDS) continue
    words.shift()
    earlier += 1
  }
  return { trigger, words, earlier }
}

async function findTrigger(app: App, number: number): Promise<TriggerTaken> {
  for await (const { event, redacted } of app.ledger.history()) {
    if (event.type !== 'trigger.taken' || event.trigger !== number) continue
    if (!redacted) return event
    throw new AppError(404, 'not-found', `what trigger ${number} said was erased`)
  }
  throw notFound(`trigger ${number}`)
}
