import { SILENT } from '../../src/domain/log.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import type { AdapterEnv } from '../adapter.ts'

/** What a session of a test gets from the engine. */
export function testEnv(): AdapterEnv {
  return {
    device: 'fw1',
    clock: realClock(),
    log: SILENT,
    runtimeFolder: '/nonexistent',
    secret: () => Promise.reject(new Error('nftables needs no secret')),
    remember: () => Promise.resolve(),
    recall: () => undefined,
  }
}
