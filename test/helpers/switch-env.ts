import type { AdapterEnv } from '../../adapters/adapter.ts'
import { SILENT } from '../../src/domain/log.ts'
import { realClock } from './system-clock.ts'

/** What a session of a test gets from the engine; its memo stays between sessions, as on disk. */
export function switchEnv(device: string, memo?: string): AdapterEnv {
  let kept = memo
  return {
    device,
    clock: realClock(),
    log: SILENT,
    runtimeFolder: '/nonexistent',
    secret: () => Promise.reject(new Error('a switch needs no secret')),
    remember: async (text) => {
      kept = text
    },
    recall: () => kept,
  }
}
