import { resolve } from 'node:path'
import { allAdapters, allWitnesses } from '../../../adapters/index.ts'
import type { Withdrawn } from '../../app/withdrawal.ts'
import { loadConfig } from '../../config/load.ts'
import { isLocked, lockHolder } from '../../ledger/lock.ts'
import { panicOffline } from '../../main.ts'

/** Milliseconds that a controller has to end by itself, and that a killed one has to be gone. */
const TERM = 5_000
const KILL = 5_000

/** What offline panic did. */
export interface OfflinePanic {
  /** Process that was stopped for it, if there was one. */
  readonly stopped?: number
  /** Whether it had to be killed. */
  readonly killed: boolean
  readonly devices: readonly Withdrawn[]
}

export interface OfflineOptions {
  readonly config: string
  readonly reason: string
  /** Milliseconds for the devices. */
  readonly deadline: number
  readonly say: (line: string) => void
}

/**
 * Stops the controller that writes the ledger, by the pid in its lock, then records that every automatic block is ended
 * and withdraws them from the devices. Needs no API. @throws ConfigError, LedgerDamaged, Error when it cannot be stopped
 */
export async function panicWithout(options: OfflineOptions): Promise<OfflinePanic> {
  const { config, reason, deadline, say } = options
  const registry = { adapters: allAdapters(), witnesses: allWitnesses() }
  const { ledger } = await loadConfig(config, registry)
  const stopped = await stopWriter(resolve(ledger.folder), say)
  say('recording, and withdrawing every automatic block')
  const devices = await panicOffline({
    ...{ configPath: config, env: process.env, reason, deadline },
    onFatal: (error) => {
      throw error
    },
  })
  return { ...stopped, devices }
}

async function stopWriter(
  folder: string,
  say: (line: string) => void,
): Promise<Pick<OfflinePanic, 'stopped' | 'killed'>> {
  const pid = lockHolder(folder)
  if (pid === undefined) return { killed: false }
  say(`stopping process ${pid}, which writes the ledger`)
  process.kill(pid, 'SIGTERM')
  if (await isGone(folder, pid, TERM)) return { stopped: pid, killed: false }
  say(`process ${pid} does not end: killing it`)
  process.kill(pid, 'SIGKILL')
  if (await isGone(folder, pid, KILL)) return { stopped: pid, killed: true }
  throw new Error(`process ${pid} writes the ledger and cannot be stopped; end it by hand, then try again`)
}

async function isGone(folder: string, pid: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms
  while (performance.now() < end) {
    const holder = lockHolder(folder)
    if (holder === undefined ? !isLocked(folder) : holder !== pid) return true
    await new Promise((done) => setTimeout(done, 50))
  }
  return false
}
