import { parseDuration } from '../domain/duration.ts'
import { InputError, within } from '../domain/input-error.ts'
import { isHostPrefix } from '../domain/prefix.ts'
import { readTarget } from '../domain/target.ts'
import { parseMoment } from '../inventory/binding.ts'
import { BindingsUnavailable, type WhereNow } from '../inventory/binding-book.ts'
import type { Whereabouts } from '../inventory/bindings.ts'
import { isOwn, type LeaseRule, leaseRuleOf } from '../inventory/inventory.ts'
import { AppError } from './app-error.ts'
import type { App } from './context.ts'
import { asInvalid, type NewBlock, type Resolved } from './prepare.ts'
import type { Caller } from './rights.ts'
import { isWithinBounds } from './sight.ts'
import { withStations } from './stations.ts'

/** What has to be asked about one request. */
interface Question {
  readonly index: number
  readonly rule: LeaseRule
  readonly about: WhereNow
  /** Whether a time was given; without one, whoever has the address now is meant. */
  readonly dated: boolean
}

/** The longest that a clock may be wrong, in milliseconds. */
const MOST_ERROR = 3_600_000

/**
 * Finds out whom addresses are about that change hands: who had them at the time of the detection, give or take, and
 * where those are now; and the stations that go with a request. Requests about anything else stay as they are, and so does
 * what is not the caller's to ask about.
 */
export async function resolveRequests(
  app: App,
  caller: Caller,
  requests: readonly NewBlock[],
): Promise<(Resolved | AppError)[]> {
  const resolved = await resolveLeases(app, caller, requests)
  return Promise.all(
    resolved.map(async (one) =>
      one instanceof AppError || !mayHaveStations(one) ? one : await withStations(app, caller, one),
    ),
  )
}

/** Nearly none has, and asking takes a turn. */
function mayHaveStations({ request }: Resolved): boolean {
  return request.quarantine === true || request.target.includes('@')
}

async function resolveLeases(
  app: App,
  caller: Caller,
  requests: readonly NewBlock[],
): Promise<(Resolved | AppError)[]> {
  const resolved = requests.map((request): Resolved | AppError => ({ request, refusals: [] }))
  const questions: Question[] = []
  for (const [index, request] of requests.entries()) {
    try {
      const question = questionOf(app, caller, request, index)
      if (question !== undefined) questions.push(question)
    } catch (error) {
      const invalid = asInvalid(error)
      if (!(invalid instanceof AppError)) throw error
      resolved[index] = invalid
    }
  }
  if (questions.length === 0) return resolved
  const answers = await ask(app, questions)
  for (const [at, question] of questions.entries()) {
    const request = requests[question.index]
    if (request === undefined) continue
    resolved[question.index] =
      answers instanceof AppError ? answers : resolveOne(app, caller, request, question, answers[at] ?? [])
  }
  return resolved
}

/** @throws AppError */
export async function resolveRequest(app: App, caller: Caller, request: NewBlock): Promise<Resolved> {
  const [resolved] = await resolveRequests(app, caller, [request])
  if (resolved === undefined || resolved instanceof AppError)
    throw resolved ?? new Error('nothing was resolved')
  return resolved
}

/** @throws InputError */
function questionOf(app: App, caller: Caller, request: NewBlock, index: number): Question | undefined {
  const now = app.clock.now()
  const { detectedAt, clockError, detectedPort } = request
  const time = detectedAt === undefined ? now : within('detectedAt', () => parseMoment(detectedAt))
  const given =
    clockError === undefined ? app.leases.clockError : within('clockError', () => parseDuration(clockError))
  if (given > MOST_ERROR)
    throw new InputError('clock-error', 'a clock is wrong by an hour at the most', 'clockError')
  const dated = detectedAt !== undefined
  if (!dated && (clockError ?? detectedPort) !== undefined)
    throw new InputError(
      'detected-at',
      'clockError and detectedPort are about a detection: say when it was',
      'detectedAt',
    )
  if (time > now + given)
    throw new InputError(
      'detected-at',
      'that time is still to come; is the clock of the detector right?',
      'detectedAt',
    )
  const target = within('target', () => readTarget(request.target))
  if (target.kind !== 'host' || !isHostPrefix(target.prefix)) return undefined
  const rule = leaseRuleOf(app.inventory, target.prefix)
  if (rule === undefined || !isWithinBounds(app, caller, target.prefix)) return undefined
  // Whoever says no time means who has the address now, by the clock of this controller.
  const about = { address: target.prefix, time, now, error: dated ? given : 0 }
  return { index, rule, dated, about: detectedPort === undefined ? about : { ...about, port: detectedPort } }
}

async function ask(app: App, questions: readonly Question[]) {
  try {
    return await app.leases.book.moved(questions.map(({ about }) => about))
  } catch (error) {
    if (error instanceof BindingsUnavailable) return new AppError(503, 'bindings-unavailable', error.message)
    throw error
  }
}

function resolveOne(
  app: App,
  caller: Caller,
  request: NewBlock,
  { about, rule, dated }: Question,
  found: readonly Whereabouts[],
): Resolved {
  const { address, time } = about
  const [only, ...others] = found
  if (only === undefined) return { request, refusals: [] }
  if (others.length > 0)
    return dated
      ? refuse(request, 'binding-ambiguous', ambiguous(about, found.length))
      : { request, refusals: [] }
  const lease = { holder: only.holder, address, at: time }
  if (only.state === 'same' || (only.state === 'gone' && !only.taken)) return { request, lease, refusals: [] }
  const [there, ...more] = only.addresses
  // Where they are now is nothing to tell whoever could not block them there.
  const reachable = there !== undefined && isOwn(app.inventory, there) && isWithinBounds(app, caller, there)
  if (rule === 'follow' && reachable && more.length === 0)
    return { request: { ...request, target: there }, lease, refusals: [] }
  return refuse(request, only.state === 'moved' ? 'binding-moved' : 'binding-gone', elsewhere(about, only))
}

function refuse(request: NewBlock, code: string, message: string): Resolved {
  return { request, refusals: [{ guard: 'binding', code, message }] }
}

const LOOK = 'to see who it was: cordon bindings show'

function ambiguous({ address, time, error }: WhereNow, count: number): string {
  return `${count} different ones may have had ${address} at ${timeText(time)} give or take ${error / 1_000} s; ${LOOK} ${address} --at ${timeText(time)}`
}

function elsewhere({ address, time }: WhereNow, { state, taken }: Whereabouts): string {
  const now = taken ? 'somebody else has it now' : 'nobody has it now'
  const where = state === 'moved' ? 'is at another address by now' : 'is not there any more'
  return `who had ${address} at ${timeText(time)} ${where}, and ${now}; ${LOOK} ${address} --at ${timeText(time)}; to block whoever has it now, leave detectedAt out`
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
