import type { AdapterEnv } from '../../adapters/adapter.ts'
import { SILENT } from '../../src/domain/log.ts'
import { realClock } from './system-clock.ts'

/** What a session of a list gets from the engine. */
export function listEnv(device: string): AdapterEnv {
  return {
    device,
    clock: realClock(),
    log: SILENT,
    runtimeFolder: '/nonexistent',
    secret: () => Promise.reject(new Error('a list needs no secret')),
    remember: () => Promise.resolve(),
    recall: () => undefined,
  }
}
