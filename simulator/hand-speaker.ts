import { eventually } from './eventually.ts'
import type { Lab } from './lab-handle.ts'
import { type PipedNeighbour, startPipedExabgp } from './piped-exabgp.ts'
import { sessionsUp } from './router-state.ts'
import { nodeOf, sessionsOf } from './topology.ts'

/** An ExaBGP in a lab that is driven by hand: what a person would do without a controller. */
export interface HandSpeaker {
  /** in the words of ExaBGP's API, for one router or for all */
  tell(words: string, router?: string): void
  /** as many as do not fit into a pipe at once; resolves once the speaker has taken them */
  tellAll(all: readonly string[], router?: string): Promise<void>
  stop(): Promise<void>
}

const FEED_MS = 30_000

/** Resolves once every named router's session with the speaker is established. */
export async function startHandSpeaker(
  lab: Lab,
  routers: readonly string[],
  name = 'speaker',
): Promise<HandSpeaker> {
  const peers = new Map(routers.map((router) => [router, neighbourOf(lab, router, name)]))
  const speaker = startPipedExabgp({
    folder: lab.runtimeFolder,
    name,
    neighbours: [...peers.values()],
    spawn: (argv, options) => lab.spawnIn('mgmt', argv, options),
  })
  try {
    await Promise.all(routers.map((router) => isEstablished(lab, router, name)))
  } catch (error) {
    await speaker.stop()
    throw error
  }
  const lineFor = (words: string, router: string | undefined): string => {
    const peer = router === undefined ? undefined : peers.get(router)
    return `${peer ? `neighbor ${peer.address} ` : ''}${words}`
  }
  return {
    stop: () => speaker.stop(),
    tell: (words, router) => speaker.tell(lineFor(words, router)),
    tellAll: (all, router) =>
      speaker.feed(all.map((words) => `${lineFor(words, router)}\n`).join(''), FEED_MS),
  }
}

async function isEstablished(lab: Lab, router: string, name: string): Promise<void> {
  await eventually(`${router}'s session with ${name}`, 20_000, () =>
    sessionsUp(lab.runtimeFolder, nodeOf(lab.topology, router)).then(
      (up) => up.includes(name),
      () => false,
    ),
  )
}

function neighbourOf(lab: Lab, router: string, name: string): PipedNeighbour {
  const session = sessionsOf(lab.topology, router).find((one) => one.name === name)
  const { kind, bgp } = nodeOf(lab.topology, router)
  if (!session || !bgp) throw new Error(`${router} has no session called ${name}`)
  const flow = kind === 'gobgp-router' || bgp.flow !== undefined || bgp.clients !== undefined
  const { own, peer, peerAsn } = session
  return { address: own, localAddress: peer, localAs: peerAsn, peerAs: bgp.asn, flow }
}
