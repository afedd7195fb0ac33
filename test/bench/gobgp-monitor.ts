import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { endChild } from '../helpers/daemon.ts'
import type { Gobgp } from '../helpers/gobgp.ts'

/** GoBGP's own stream of what comes into its table: each question by its command takes longer than a route. */
export interface Monitor {
  /** milliseconds of this process's clock; ask before the route can come */
  cameAt(prefix: string): Promise<number>
  stop(): Promise<void>
}

const DEADLINE_MS = 30_000

/** Resolves once it watches, which its first line says. */
export async function monitorGobgp({ address, api }: Gobgp): Promise<Monitor> {
  const argv = ['-u', address, '-p', String(api), '-j', 'monitor', 'global', 'rib', '--current']
  const child = spawn('gobgp', argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  const waiting = new Map<string, (at: number) => void>()
  const lines = createInterface({ input: child.stdout })
  const first = once(lines, 'line', { signal: AbortSignal.timeout(DEADLINE_MS) })
  lines.on('line', (line) => {
    const at = performance.now()
    for (const [prefix, came] of waiting)
      if (line.includes(`"${prefix}"`)) {
        waiting.delete(prefix)
        came(at)
      }
  })
  const stop = (): Promise<void> => endChild(child)
  try {
    await first
  } catch (error) {
    await stop()
    throw error
  }
  return {
    stop,
    cameAt: (prefix) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`GoBGP has no route for ${prefix}`)), DEADLINE_MS)
        waiting.set(prefix, (at) => {
          clearTimeout(late)
          resolve(at)
        })
      }),
  }
}
