import type { AdapterEnv, Check } from '../adapter.ts'
import { AdapterError } from '../adapter.ts'
import type { KnownSession } from './book.ts'
import type { RadiusConfig } from './config.ts'
import type { Nas } from './nas.ts'
import { nasesOf } from './open.ts'

/**
 * Asks each NAS to end a session that it does not have: whoever answers that knows us and our secret, as one that does not
 * says nothing (RFC 5176 §2.3).
 */
export async function checkNases(
  config: RadiusConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  let all: ReadonlyMap<string, Nas>
  try {
    all = await nasesOf(config, env)
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    return [{ what: 'login', ok: false, words: error.message }]
  }
  const close = (): void => {
    for (const nas of all.values()) nas.close()
  }
  signal.addEventListener('abort', close, { once: true })
  try {
    const checks = await Promise.all([...all.values()].map((nas) => checkNas(nas, env)))
    return checks.flat()
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}

async function checkNas(nas: Nas, env: AdapterEnv): Promise<readonly Check[]> {
  try {
    const done = await nas.ask('end', nobody(env.clock.now()))
    const words =
      done === 'gone' ? 'knows us, and says that there is no such session' : 'ended what it did not have'
    return [
      { what: 'reach', ok: true, words: `${nas.name} answers` },
      { what: 'login', ok: done === 'gone', words: `${nas.name} ${words}` },
    ]
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    const isSilent = error.class === 'timeout' || error.class === 'unreachable'
    if (isSilent) return [{ what: 'reach', ok: false, words: error.message }]
    return [
      { what: 'reach', ok: true, words: `${nas.name} answers` },
      { what: 'rights', ok: false, words: error.message },
    ]
  }
}

function nobody(now: number): KnownSession {
  const id = `cordon-check-${now.toString(36)}`
  return { key: id, nas: '', id, names: [], at: now, heard: now, quarantined: false, user: 'cordon-check' }
}
