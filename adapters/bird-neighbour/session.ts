import type { SwitchRule } from '../../src/domain/rule.ts'
import { type AdapterEnv, AdapterError, type DeviceChange, type Session } from '../adapter.ts'
import { lookRegularly } from '../switching/looking.ts'
import { SwitchingSession } from '../switching/session.ts'
import { Control, controlTrouble } from '../transport/bird-control.ts'
import { ProtocolPanel } from './panel.ts'

/** Nobody has meant this neighbour by it, so that it counts as no person's wish and is put down anew each time. */
const CONFIGURED_ANEW: DeviceChange = {
  type: 'resync',
  words: 'BIRD has read its configuration, which enables what was disabled',
}

/**
 * Opens a connection to BIRD's control socket. BIRD tells nobody when a protocol is disabled, so it is asked regularly.
 * @param interval milliseconds between looks
 * @throws AdapterError `unreachable`, `auth`, `bad-memo`
 */
export async function openNeighbours(
  socket: string,
  known: readonly SwitchRule[],
  interval: number,
  env: AdapterEnv,
): Promise<Session> {
  const control = await Control.open(socket, 'change').catch((error: unknown) => {
    const denied = ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
    throw new AdapterError(denied ? 'auth' : 'unreachable', controlTrouble(error, socket))
  })
  try {
    const panel = new ProtocolPanel(control, env.clock)
    const session = new SwitchingSession({
      ...{ panel, env, known },
      tellAs: (change) => (panel.configuredAnew ? CONFIGURED_ANEW : change),
      release: () => control.close(),
    })
    control.onClose(() => session.ended('BIRD closed the connection'))
    void lookRegularly(session, interval, env.clock)
    return session
  } catch (error) {
    control.close()
    throw error
  }
}
