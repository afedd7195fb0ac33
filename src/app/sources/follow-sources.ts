import { sleep } from '../../domain/clock.ts'
import type { Source } from '../../triggers/source.ts'
import type { App } from '../context.ts'
import { followCrowdsec } from './follow-crowdsec.ts'
import type { FollowOptions } from './follow-options.ts'
import { followSpool } from './follow-spool.ts'

/** Sources that are followed until they are closed. */
export interface Following {
  /** Resolves when nothing of them is under way any more. */
  close(): Promise<void>
}

/** Follows each source by itself: what is wrong with one is no other's trouble. */
export function followSources(app: App, sources: readonly Source[], options: FollowOptions): Following {
  const closing = new AbortController()
  const all = sources.map((source) => follow(app, source, options, closing.signal))
  return {
    close: async () => {
      closing.abort()
      await Promise.all(all)
    },
  }
}

/** How long a follower rests that has failed in a way that nobody has thought of. */
const REST_MS = 60_000

async function follow(app: App, source: Source, options: FollowOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted)
    try {
      if (source.kind === 'spool') await followSpool(app, source, signal)
      else await followCrowdsec(app, source, options, signal)
    } catch (error) {
      app.sources.of(source.name).is('failed', error instanceof Error ? error.message : String(error))
      await sleep(app.clock, REST_MS, signal)
    }
}
