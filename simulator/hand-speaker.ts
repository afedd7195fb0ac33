import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import type { Lab } from './lab-handle.ts'
import { sessionsUp } from './router-state.ts'
import { nodeOf, sessionsOf } from './topology.ts'

/** An ExaBGP that is driven by hand: what a person would do without a controller. */
export interface HandSpeaker {
  /** in the words of ExaBGP's API, for one router or for all */
  tell(words: string, router?: string): void
  stop(): Promise<void>
}

const ENVIRONMENT = {
  'exabgp.daemon.user': 'root',
  'exabgp.daemon.drop': 'false',
  'exabgp.tcp.bind': '',
  'exabgp.api.ack': 'false',
  'exabgp.api.cli': 'false',
  'exabgp.log.destination': 'stderr',
  'exabgp.log.level': 'ERR',
  'exabgp.reactor.speed': '0.1',
}

const FAMILIES = 'ipv4 unicast; ipv6 unicast; '
const FLOW = 'ipv4 flow; ipv6 flow; '

/** Resolves once every named router's session with the speaker is established. */
export async function startHandSpeaker(
  lab: Lab,
  routers: readonly string[],
  name = 'speaker',
): Promise<HandSpeaker> {
  const pipe = join(lab.runtimeFolder, `${name}.pipe`)
  const config = join(lab.runtimeFolder, `${name}.exabgp`)
  spawnSync('mkfifo', [pipe])
  const peers = routers.map((router) => neighbour(lab, router, name))
  const helper = `process hand { run /bin/cat ${pipe}; encoder text; }\n`
  writeFileSync(config, helper + peers.map(({ text }) => text).join(''))
  const child = lab.spawnIn('mgmt', ['exabgp', config], { stdio: 'ignore', env: ENVIRONMENT })
  // both ends: opening one alone would wait for the other
  const end = openSync(pipe, 'r+')
  const stop = async (): Promise<void> => {
    closeSync(end)
    await kill(child)
  }
  try {
    await Promise.all(routers.map((router) => isEstablished(lab, router, name)))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    stop,
    tell(words, router) {
      const peer = peers.find((one) => one.router === router)
      writeSync(end, `${peer ? `neighbor ${peer.address} ` : ''}${words}\n`)
    },
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

function neighbour(
  lab: Lab,
  router: string,
  name: string,
): { readonly router: string; readonly address: string; readonly text: string } {
  const session = sessionsOf(lab.topology, router).find((one) => one.name === name)
  const { kind, bgp } = nodeOf(lab.topology, router)
  if (!session || !bgp) throw new Error(`${router} has no session called ${name}`)
  const takesFlow = kind === 'gobgp-router' || bgp.flow !== undefined || bgp.clients !== undefined
  const { own, peer, peerAsn } = session
  const text = `neighbor ${own} { router-id ${peer}; local-address ${peer}; local-as ${peerAsn}; peer-as ${bgp.asn};
  capability { graceful-restart 120; } family { ${FAMILIES}${takesFlow ? FLOW : ''}} api { processes [ hand ]; } }
`
  return { router, address: own, text }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}
