import { setTimeout as pause } from 'node:timers/promises'
import { askBird } from '../../simulator/bird-socket.ts'
import { importedAt } from '../helpers/bird-count.ts'

/** When routes were first and last seen to arrive at the router. */
export interface Arrival {
  /** Milliseconds of this process's clock. */
  readonly first: number
  readonly last: number
  /** Routes a second between the two, without those that were there at the first look. */
  readonly rate: number
}

const EVERY_MS = 5

/** Watches an empty BIRD until it has `count` routes. */
export async function watchArrival(
  socket: string,
  count: number,
  onProgress: (routes: number) => void = () => {},
): Promise<Arrival> {
  let first: { at: number; routes: number } | undefined
  const end = performance.now() + 120_000
  for (;;) {
    const routes = await importedAt(socket)
    const at = performance.now()
    if (routes > 0) first ??= { at, routes }
    onProgress(routes)
    if (first !== undefined && routes >= count) {
      return { first: first.at, last: at, rate: ((routes - first.routes) * 1_000) / (at - first.at) }
    }
    if (at > end) throw new Error(`BIRD has ${routes} routes of ${count} after two minutes`)
    await pause(EVERY_MS)
  }
}

/** Resolves with the time at which BIRD has this one host's route. */
export async function seenAt(socket: string, address: string): Promise<number> {
  const end = performance.now() + 30_000
  for (;;) {
    const told = await askBird(socket, `show route ${address}/32`)
    if (told.includes(`${address}/32`)) return performance.now()
    if (performance.now() > end) throw new Error(`BIRD does not get a route for ${address}`)
    await pause(1)
  }
}
