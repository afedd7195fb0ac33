import type { AdapterEnv } from '../../adapters/adapter.ts'
import { birdWitness } from '../../adapters/bird/index.ts'
import { bmpWitness } from '../../adapters/bmp/index.ts'
import type { WitnessSession } from '../../adapters/witness.ts'
import { eventually } from '../../simulator/eventually.ts'
import { startBird } from '../helpers/bird.ts'
import { freePort } from '../helpers/daemon.ts'
import { startGobgp } from '../helpers/gobgp.ts'
import { BIRD_AS, birdEstablished } from './bgp-fill.ts'
import { seenAt } from './bird-meter.ts'
import { monitorGobgp } from './gobgp-monitor.ts'
import type { Told } from './tellers.ts'

/** A router, what watches it as a controller would, and how it is looked at otherwise. */
export interface WatchedRouter extends Told {
  established(): Promise<void>
  /** The witness; it goes with the router. */
  watch(env: AdapterEnv): Promise<WitnessSession>
  /** When the router has this host's route, by a look that is not the witness's. Ask before it can come. */
  look(address: string): Promise<number>
  dispose(): Promise<void>
}

/** By the names of the figures: BIRD is asked, GoBGP tells by BMP after its policy or what it has chosen. */
export const WATCHED = {
  bird: watchedBird,
  'gobgp-post-policy': () => watchedGobgp('post-policy'),
  'gobgp-loc-rib': () => watchedGobgp('loc-rib'),
} as const satisfies Readonly<Record<string, () => Promise<WatchedRouter>>>

async function watchedBird(): Promise<WatchedRouter> {
  const bird = await startBird()
  const { address, port, socket } = bird
  let session: WitnessSession | undefined
  return {
    address,
    port,
    as: BIRD_AS,
    established: () => birdEstablished(bird),
    look: (host) => seenAt(socket, host),
    async watch(env) {
      session = await birdWitness.open({ socket, protocol: 'cordon' }, env)
      return session
    },
    async dispose() {
      await session?.close()
      await bird.dispose()
    },
  }
}

const GOBGP_AS = 65_030

async function watchedGobgp(view: 'post-policy' | 'loc-rib'): Promise<WatchedRouter> {
  // The router is told where to connect to before the witness listens there.
  const collector = await freePort('127.0.0.1')
  const gobgp = await startGobgp({ bmp: { port: collector, views: [view] } })
  try {
    const monitor = await monitorGobgp(gobgp)
    let session: WitnessSession | undefined
    const { address, port } = gobgp
    return {
      address,
      port,
      as: GOBGP_AS,
      established: async () => {
        await eventually("GoBGP's session with the speaker", 30_000, () => gobgp.established(), 50)
      },
      look: (host) => monitor.cameAt(`${host}/32`),
      async watch(env) {
        const listen = { address: '127.0.0.1', port: collector }
        const ours = { speakers: ['127.0.0.1'], marking: '65010:911' }
        session = await bmpWitness.open({ listen, view, flow: true, ...ours }, env)
        return session
      },
      async dispose() {
        await session?.close()
        await monitor.stop()
        await gobgp.dispose()
      },
    }
  } catch (error) {
    await gobgp.dispose()
    throw error
  }
}
