import { AppError } from '../../src/app/app-error.ts'
import type { World } from './world.ts'

/** The ledger answers without time passing; a promise that does not would never be answered. */
export async function settle<T>(world: World, promise: Promise<T>): Promise<T> {
  let settled = false
  const watched = promise.finally(() => {
    settled = true
  })
  watched.catch(() => {})
  await world.clock.runUntil(() => settled, 0)
  return watched
}

/** The same, with a refusal as an answer. Anything else that goes wrong is thrown. */
export async function tried<T>(world: World, doing: () => Promise<T>): Promise<T | AppError> {
  return settle(
    world,
    (async () => doing())().catch((error: unknown) => {
      if (error instanceof AppError) return error
      throw error
    }),
  )
}
