import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'
import { requireWholeSite } from '../sight.ts'
import { requireRight } from '../use-cases.ts'
import type { SourceStatus } from './board.ts'

export type { SourceStatus }

/** How it is with the sources that Cordon follows, as they are configured. @throws AppError */
export function listSources(app: App, caller: Caller): readonly SourceStatus[] {
  requireRight(caller, 'listSources')
  requireWholeSite(caller, 'sources are')
  return app.sources.all
}
