import { SILENT } from '../../../src/domain/log.ts'
import { realClock } from '../../../test/helpers/system-clock.ts'
import type { AdapterEnv } from '../../adapter.ts'

/**
 * What a session of a test gets from the engine, with these secrets; its memo stays between sessions, as on disk.
 * @param haste how many times faster everything is given up on than by the clock
 */
export function loginEnv(secrets: Readonly<Record<string, string>>, haste = 1): AdapterEnv {
  let kept: string | undefined
  const clock = realClock()
  return {
    device: 'r1',
    clock: { ...clock, after: (ms, run) => clock.after(ms / haste, run) },
    log: SILENT,
    runtimeFolder: '/nonexistent',
    secret: async (reference) => {
      const secret = secrets[reference]
      if (secret === undefined) throw new Error(`there is no secret ${reference}`)
      return secret
    },
    remember: async (text) => {
      kept = text
    },
    recall: () => kept,
  }
}
