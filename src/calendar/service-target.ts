import { durationText, parseDuration } from '../domain/duration.ts'
import { InputError } from '../domain/input-error.ts'
import type { Counted } from './working-time.ts'

/** Working time, in milliseconds, of the hours that count. */
export interface TimeTarget {
  readonly time: number
  readonly in: Counted
}

/** Within what something is promised: working days by the clock, or working time. */
export type ServiceTarget = { readonly days: number } | TimeTarget

/** What the service promises. */
export interface ServiceTargets {
  /** An answer to a request to lift a block. */
  readonly unblock: ServiceTarget
  /** Logs that a department is asked for. */
  readonly logs: ServiceTarget
  /** A first word about what came in, by its urgency. */
  readonly acknowledge: {
    readonly urgent: ServiceTarget
    readonly important: ServiceTarget
    readonly other: ServiceTarget
  }
  /** How long before something is due people are reminded. */
  readonly soon: TimeTarget
}

const HOUR = 3_600_000

export const DEFAULT_TARGETS: ServiceTargets = {
  unblock: { days: 1 },
  logs: { time: 4 * HOUR, in: 'full' },
  acknowledge: { urgent: { time: HOUR, in: 'on-call' }, important: { days: 2 }, other: { days: 5 } },
  soon: { time: 2 * HOUR, in: 'full' },
}

const UNITS = [
  ['hour', HOUR],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** More than these nobody promises; they keep what is worked out within years. */
const MOST_DAYS = 250
const MOST_TIME = 2_000 * HOUR

const WORDS = /^([1-9]\d{0,7}) (working|on-call) (day|hour|minute|second)s?$/

/**
 * Reads what is promised: `2 working days`, `4 working hours` (full hours), `1 on-call hour` (full and on-call
 * hours), `90 working minutes`, or a duration such as `30m` (all time). @throws InputError `service-target`
 */
export function parseTarget(text: string): ServiceTarget {
  const [, amount, kind, unit] = WORDS.exec(text) ?? []
  if (unit === undefined) return checked(text, { time: readDuration(text), in: 'always' })
  if (unit !== 'day') {
    const size = UNITS.find(([name]) => name === unit)?.[1] ?? 0
    return checked(text, { time: Number(amount) * size, in: kind === 'working' ? 'full' : 'on-call' })
  }
  if (kind === 'on-call') throw wrong(text, 'is not promised; days are working days')
  return checked(text, { days: Number(amount) })
}

/** The same where it must be time, not days. @throws InputError `service-target` */
export function parseTimeTarget(text: string): TimeTarget {
  const target = parseTarget(text)
  if ('days' in target) throw wrong(text, 'is in days; write it in hours, such as 2 working hours')
  return target
}

function readDuration(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw wrong(text, 'is not understood; write 1 working day, 4 working hours, 1 on-call hour or 30m')
  }
}

function checked(text: string, target: ServiceTarget): ServiceTarget {
  const tooMuch = 'days' in target ? target.days > MOST_DAYS : target.time > MOST_TIME
  if (tooMuch)
    throw wrong(text, `is too far away; promise ${MOST_DAYS} working days or 2000 hours at the most`)
  return target
}

function wrong(text: string, words: string): InputError {
  return new InputError('service-target', `'${text}' ${words}`)
}

/** The text that `parseTarget` reads as this. */
export function targetText(target: ServiceTarget): string {
  if ('days' in target) return counted(target.days, 'working day')
  if (target.in === 'always') return durationText(target.time)
  const [name, size] = UNITS.find(([, ms]) => target.time % ms === 0) ?? ['second', 1_000]
  return counted(Math.ceil(target.time / size), `${target.in === 'full' ? 'working' : 'on-call'} ${name}`)
}

function counted(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`
}
