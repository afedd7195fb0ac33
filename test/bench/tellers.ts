import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AdapterEnv, Change } from '../../adapters/adapter.ts'
import { exabgpAdapter } from '../../adapters/exabgp/index.ts'
import { exampleConfig, FAMILIES, NEVER, testbed } from '../../adapters/exabgp/testbed.ts'
import { startPipedExabgp } from '../../simulator/piped-exabgp.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { handLines } from '../helpers/hand-lines.ts'
import { pieces, underWay } from '../helpers/under-way.ts'

/** Someone who tells one router. */
export interface Teller {
  announce(rules: readonly Rule[]): Promise<void>
  withdraw(rules: readonly Rule[]): Promise<void>
  stop(): Promise<void>
}

/** A router on the loopback that waits for a speaker at 127.0.0.1. */
export interface Told {
  readonly address: string
  readonly port: number
  readonly as: number
}

const LOCAL = { localAddress: '127.0.0.1', localAs: 65_010, ttl: 2 }
const FEED_MS = 120_000

/** Through the exabgp adapter, in batches as the engine makes them; resolves when all is acknowledged. */
export async function tellByAdapter(router: Told): Promise<Teller & { readonly env: AdapterEnv }> {
  const bed = testbed()
  try {
    const { address, port, as } = router
    const config = exampleConfig({
      neighbours: [{ name: 'r', address, port, peerAs: as, ...LOCAL, families: FAMILIES }],
      maxFlows: 100_000,
      maxRoutes: 200_000,
    })
    const { batch, inFlight } = exabgpAdapter.capabilities(config)
    const session = await bed.open(config)
    await session.observe('all', NEVER)
    await session.settled?.()
    const apply = async (change: Change): Promise<void> => {
      const receipt = await session.apply(change, NEVER)
      for (const [key, { result }] of receipt) if (result !== 'done') throw new Error(`${key}: ${result}`)
    }
    return {
      env: bed.env,
      announce: (rules) => underWay(pieces(rules, batch), inFlight, (put) => apply({ put, remove: [] })),
      withdraw: (rules) => underWay(pieces(rules, batch), inFlight, (remove) => apply({ put: [], remove })),
      stop: () => bed.dispose(),
    }
  } catch (error) {
    await bed.dispose()
    throw error
  }
}

/** By a plain ExaBGP with a pipe; resolves when everything is in the pipe. */
export function tellByHand({ address, port, as }: Told): Teller {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-hand-'))
  const speaker = startPipedExabgp({
    folder,
    name: 'hand',
    neighbours: [{ address, port, peerAs: as, ...LOCAL, flow: true }],
    spawn: ([file = '', ...args], options) =>
      spawn(file, args, { ...options, env: { ...process.env, ...options.env } }),
  })
  return {
    announce: (rules) => speaker.feed(handLines('announce', rules), FEED_MS),
    withdraw: (rules) => speaker.feed(handLines('withdraw', rules), FEED_MS),
    async stop() {
      await speaker.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
