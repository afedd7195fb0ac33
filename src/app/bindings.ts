import { parseDuration } from '../domain/duration.ts'
import { parseMac } from '../domain/identity.ts'
import { InputError, within } from '../domain/input-error.ts'
import type { Holder } from '../domain/lease.ts'
import { type Binding, parseAddress, parseMoment, parseUser } from '../inventory/binding.ts'
import { BindingsUnavailable, type Feed, type Taken, type WhoHad } from '../inventory/binding-book.ts'
import { AppError } from './app-error.ts'
import type { App } from './context.ts'
import { followLeases } from './leases.ts'
import { asInvalid } from './prepare.ts'
import { recordRead } from './record-read.ts'
import type { Caller } from './rights.ts'
import { requireTheirs } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** What is asked about bindings, as callers write it: who had an address, or where a device or a person was. */
export interface BindingQuery {
  readonly address?: string
  readonly at?: string
  readonly error?: string
  readonly port?: number
  readonly mac?: string
  readonly user?: string
}

/**
 * Takes a feed of bindings: on disk when it resolves. Blocks follow afterwards.
 * @throws AppError `bindings-unavailable`
 */
export async function importBindings(app: App, caller: Caller, feed: Feed): Promise<Taken> {
  requireRight(caller, 'importBindings')
  requireUnbound(caller, 'a feed is about addresses of all departments')
  const taken = await tellable(app.leases.book.take(feed))
  if (taken.bindings > 0) followInBackground(app)
  return taken
}

/** Follows what is known of leases; what goes wrong is logged, since the next feed tries again. */
export function followInBackground(app: App): void {
  followLeases(app).then(
    ({ moved, flagged }) => {
      if (moved + flagged > 0) app.log.info({ moved, flagged }, 'blocks followed who they are about')
    },
    (error: unknown) => app.log.error({ error: String(error) }, 'blocks did not follow who they are about'),
  )
}

/**
 * Who had an address at a time, or all that is known of a device or a person. That it was asked is recorded first.
 * @throws AppError `bindings-unavailable`
 */
export async function showBindings(
  app: App,
  caller: Caller,
  query: BindingQuery,
): Promise<readonly Binding[]> {
  requireRight(caller, 'showBindings')
  const question = readQuery(app, query)
  if ('address' in question) requireTheirs(app, caller, { kind: 'host', prefix: question.address })
  else
    requireUnbound(
      caller,
      `where ${question.by === 'mac' ? 'a device' : 'a person'} was is about all departments`,
    )
  await recordRead(app, caller, 'bindings', { words: wordsOf(question) })
  const { book } = app.leases
  return tellable('address' in question ? book.at(question) : book.ofHolder(question))
}

/** @throws AppError `forbidden` for who is bound to departments */
function requireUnbound({ departments }: Caller, why: string): void {
  if (departments !== undefined)
    throw new AppError(403, 'forbidden', `${why}, and you are bound to ${departments.join(', ')}`)
}

function readQuery(app: App, query: BindingQuery): WhoHad | Holder {
  try {
    return questionOf(app, query)
  } catch (error) {
    throw asInvalid(error)
  }
}

/** @throws InputError */
function questionOf(app: App, { address, at, error, port, mac, user }: BindingQuery): WhoHad | Holder {
  if ([address, mac, user].filter((one) => one !== undefined).length !== 1)
    throw new InputError('binding-query', 'give one of address, mac and user', 'address')
  if (address === undefined && (at ?? error ?? port) !== undefined)
    throw new InputError('binding-query', 'at, error and port go with an address', 'address')
  if (mac !== undefined) return { by: 'mac', name: within('mac', () => parseMac(mac)) }
  if (user !== undefined) return { by: 'user', name: within('user', () => parseUser(user)) }
  const asked = {
    address: within('address', () => parseAddress(address ?? '')),
    time: at === undefined ? app.clock.now() : within('at', () => parseMoment(at)),
    error: error === undefined ? app.leases.clockError : within('error', () => parseDuration(error)),
  }
  return port === undefined ? asked : { ...asked, port }
}

function wordsOf(query: WhoHad | Holder): string {
  if (!('address' in query)) return `${query.by} ${query.name}`
  return `${query.address} at ${new Date(query.time).toISOString()}`
}

/** @throws AppError `bindings-unavailable` */
export async function tellable<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    if (error instanceof BindingsUnavailable) throw new AppError(503, 'bindings-unavailable', error.message)
    throw error
  })
}
