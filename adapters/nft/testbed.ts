import type { Clock } from '../../src/domain/clock.ts'
import { SILENT } from '../../src/domain/log.ts'
import type { AdapterEnv } from '../adapter.ts'

/** What a session of a test gets from the engine. */
export function testEnv(clock: Clock): AdapterEnv {
  return {
    device: 'fw1',
    clock,
    log: SILENT,
    runtimeFolder: '/nonexistent',
    secret: () => Promise.reject(new Error('nftables needs no secret')),
    remember: () => Promise.resolve(),
    recall: () => undefined,
  }
}
