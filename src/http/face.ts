import type { App } from '../app/context.ts'
import type { EventTail } from '../app/event-tail.ts'
import { USE_CASES, type UseCase } from '../app/use-cases.ts'
import type { Beside } from './beside.ts'
import type { Site } from './login/site.ts'
import type { Metrics } from './metrics.ts'
import { problem } from './schemas.ts'
import type { StreamTimes } from './sse.ts'
import type { Validators } from './validation.ts'

/** What every route works with. */
export interface Face {
  readonly app: App
  readonly metrics: Metrics
  readonly validators: Validators
  /** Aborted when the server closes: nobody may keep it waiting. */
  readonly closing: AbortSignal
  /** The last events, for those who follow them. */
  readonly tail: EventTail
  readonly streams: StreamTimes
  readonly beside: Beside
  readonly site: Site
}

/** The answers that any route may give beside its own. */
export const REFUSALS = {
  '4xx': {
    description: 'What is wrong with the request.',
    content: { 'application/problem+json': { schema: problem } },
  },
  '5xx': {
    description: 'What is wrong with Cordon.',
    content: { 'application/problem+json': { schema: problem } },
  },
}

/** What the document says of a route: what it does, and the right that this needs. */
export function under(useCase: UseCase) {
  return { 'x-use-case': useCase, 'x-right': USE_CASES[useCase] }
}

/** Path patterns: other texts are no resource of ours, and a colon begins a verb. */
export const ID = ':id(^[1-9]\\d{0,14}$)'
export const NAME = ':name(^[^:/]+$)'
