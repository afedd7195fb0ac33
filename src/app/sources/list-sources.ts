import { AppError } from '../app-error.ts'
import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'
import { requireRight } from '../use-cases.ts'
import type { SourceStatus } from './board.ts'

export type { SourceStatus }

/** How it is with the sources that Cordon follows, as they are configured. @throws AppError */
export function listSources(app: App, caller: Caller): readonly SourceStatus[] {
  requireRight(caller, 'listSources')
  if (caller.departments !== undefined)
    throw new AppError(
      403,
      'forbidden',
      `sources are of the whole site and you are bound to ${caller.departments.join(', ')}`,
    )
  return app.sources.all
}
