import type { Refusal } from '../guards/limits.ts'
import type { Plan } from './plan.ts'

/** A request that was understood and is not done. `code` is stable and documented; `status` is HTTP's. */
export class AppError extends Error {
  readonly status: number
  readonly code: string
  readonly refusals: readonly Refusal[]
  /** Which field of the input is wrong, if one is. */
  readonly path: string | undefined
  /** What the block has become, where that is why. */
  readonly plan: Plan | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    more: { refusals?: readonly Refusal[]; path?: string; plan?: Plan } = {},
  ) {
    super(message)
    this.name = 'AppError'
    this.status = status
    this.code = code
    this.refusals = more.refusals ?? []
    this.path = more.path
    this.plan = more.plan
  }
}

export function notFound(what: string): AppError {
  return new AppError(404, 'not-found', `there is no ${what}`)
}

export function refused(refusals: readonly Refusal[]): AppError {
  return new AppError(422, 'guard-refused', refusals.map((refusal) => refusal.message).join('; '), {
    refusals,
  })
}
