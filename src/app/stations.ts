import { realmOf } from '../domain/identity.ts'
import { isHostPrefix } from '../domain/prefix.ts'
import { readTarget } from '../domain/target.ts'
import type { Binding } from '../inventory/binding.ts'
import { parseMoment } from '../inventory/binding.ts'
import { BindingsUnavailable } from '../inventory/binding-book.ts'
import { isVisitor } from '../inventory/identities.ts'
import { AppError } from './app-error.ts'
import type { App } from './context.ts'
import type { Resolved } from './prepare.ts'
import type { Caller } from './rights.ts'
import { isWithinBounds } from './sight.ts'

/** So long ago a visitor may have used a station for it to count as theirs, in milliseconds. */
const LATELY = 7 * 86_400_000
/** More stations of one account are no longer one person's. */
const MOST_STATIONS = 10

/**
 * Adds the stations that go with a request: of a host that is to be quarantined, the one that has its address; of a
 * visitor, whose account cannot be locked here, those that they have used lately.
 * @param otherwise what becomes of a host of which the station is not known: left out, it is refused
 */
export async function withStations(
  app: App,
  caller: Caller,
  resolved: Resolved,
  otherwise?: 'without',
): Promise<Resolved | AppError> {
  try {
    const target = readTarget(resolved.request.target)
    if (isVisitor(app.inventory, target) && target.kind === 'account')
      return { ...resolved, stations: await stationsOfVisitor(app, target.name) }
    if (resolved.request.quarantine !== true || target.kind !== 'host') return resolved
    if (!isHostPrefix(target.prefix) || !isWithinBounds(app, caller, target.prefix)) return resolved
    const found = await stationOfHost(app, resolved, target.prefix)
    return found.stations === undefined && otherwise === 'without' ? resolved : found
  } catch (error) {
    if (error instanceof BindingsUnavailable) return new AppError(503, 'bindings-unavailable', error.message)
    throw error
  }
}

async function stationOfHost(app: App, resolved: Resolved, address: Binding['address']): Promise<Resolved> {
  const { lease, request } = resolved
  // Whom a lease is about is known already, wherever they have gone since.
  if (lease?.holder.by === 'mac') return { ...resolved, stations: [lease.holder.name] }
  const time = request.detectedAt === undefined ? app.clock.now() : parseMoment(request.detectedAt)
  const port = request.detectedPort === undefined ? {} : { port: request.detectedPort }
  const error = request.detectedAt === undefined ? 0 : app.leases.clockError
  const found = await app.leases.book.at({ address, time, error, ...port })
  const [station, ...more] = [...new Set(found.flatMap(({ mac }) => mac ?? []))]
  if (station !== undefined && more.length === 0) return { ...resolved, stations: [station] }
  const [code, why] =
    station === undefined
      ? [
          'station-unknown',
          `nobody knows which station has ${address}: feed bindings that name it, or name the station`,
        ]
      : [
          'station-ambiguous',
          `${more.length + 1} stations may have had ${address}: name the one that is meant`,
        ]
  return { ...resolved, refusals: [...resolved.refusals, { guard: 'binding', code, message: why }] }
}

async function stationsOfVisitor(app: App, account: string): Promise<readonly string[]> {
  const all = await app.leases.book.ofHolder({ by: 'user', name: account })
  const since = app.clock.now() - LATELY
  const lately = all.filter(({ until }) => until === null || until > since)
  const stations = [...new Set(lately.flatMap(({ mac }) => mac ?? []))]
  // The name that many visitors share outside of their tunnel is nobody's.
  return account.startsWith(`anonymous@${realmOf(account)}`) || stations.length > MOST_STATIONS
    ? []
    : stations
}
