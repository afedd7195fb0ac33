import { rmSync } from 'node:fs'
import { askBird } from './bird-socket.ts'
import { mustRun } from './command.ts'
import { engineNamed } from './engine/choose.ts'
import { startCommand } from './engine/netns.ts'
import { removeContainers } from './engine/podman.ts'
import {
  agentSocketPath,
  controlSocketPath,
  frrFolder,
  gobgpTarget,
  routerCommands,
} from './engine/router-command.ts'
import { eventually } from './eventually.ts'
import type { Lab } from './lab-handle.ts'
import { type LabState, readState, writeState } from './lab-state.ts'
import { isAlive, markedEnvironment, withIdentity } from './processes.ts'
import { routerAnswers, sessionsUp, vtysh } from './router-state.ts'
import { sshdPidPath } from './sshd.ts'
import { withLabLock } from './teardown.ts'
import { type Node, nodeOf, type Session, sessionsOf } from './topology.ts'

/**
 * Tears down a router's BGP session with one speaker, from the router's side, and resolves once it is down; it comes
 * back by itself.
 */
export async function resetSession(lab: Lab, router: string, speaker = 'speaker'): Promise<void> {
  const node = nodeOf(lab.topology, router)
  const session = sessionsOf(lab.topology, router).find(({ name }) => name === speaker)
  if (!session) throw new Error(`${router} has no session called ${speaker}`)
  if (node.kind === 'bird-router') {
    // it is down when BIRD answers, and may be up again before anybody looks
    const answer = await askBird(lab.birdSocket(router), `restart ${speaker}`)
    if (!answer.includes('restarted')) throw new Error(`BIRD said ${answer.trim()}`)
    return
  }
  if (node.kind === 'frr-router') await resetFrr(lab, router, session.peer)
  else await resetGobgp(lab, router, session)
}

/** It may be up again before anybody looks, so what FRR counts is asked for. */
async function resetFrr({ runtimeFolder }: Lab, router: string, peer: string): Promise<void> {
  const drops = async (): Promise<number> => {
    const text = await mustRun(vtysh(runtimeFolder, router, 'show bgp neighbors json'))
    const peers = JSON.parse(text) as Record<string, { connectionsDropped?: number }>
    return peers[peer]?.connectionsDropped ?? 0
  }
  const before = await drops()
  await mustRun(vtysh(runtimeFolder, router, `clear bgp ${peer}`))
  await eventually(`${router}'s session to go down`, 10_000, async () => (await drops()) > before)
}

/** Its own reset keeps the session down for half a minute, these two words for five seconds. */
async function resetGobgp(lab: Lab, router: string, { name, peer }: Session): Promise<void> {
  const neighbour = ['gobgp', '--target', gobgpTarget(lab.runtimeFolder, router), 'neighbor', peer]
  for (const word of ['disable', 'enable']) await mustRun([...neighbour, word])
  await eventually(`${router}'s session to go down`, 5_000, async () => !(await isUp(lab, router, name)), 1)
}

/** Resets a session again and again, each time once it has come back. */
export async function flapSession(
  lab: Lab,
  router: string,
  times: number,
  speaker = 'speaker',
): Promise<void> {
  for (let done = 0; done < times; done += 1) {
    await resetSession(lab, router, speaker)
    await eventually(`${router}'s session to come back`, 30_000, () => isUp(lab, router, speaker))
  }
}

async function isUp(lab: Lab, router: string, speaker: string): Promise<boolean> {
  return (await sessionsUp(lab.runtimeFolder, nodeOf(lab.topology, router))).includes(speaker)
}

/** Ends a router's daemons without a word, and leaves its kernel as it is: blackholes and filters go on. */
export async function crashRouter(lab: Lab, router: string): Promise<void> {
  await withLabLock(lab.name, async () => {
    await endDaemons(lab, router)
  })
}

/** As a power cut: the daemons end, the kernel forgets what they gave it, and all of it starts anew. */
export async function rebootRouter(lab: Lab, router: string): Promise<void> {
  await withLabLock(lab.name, async () => {
    await endDaemons(lab, router)
    await forgetRoutes(lab, router)
    await startDaemons(lab, router)
  })
}

/** Starts the daemons of a router that was crashed. */
export async function startRouter(lab: Lab, router: string): Promise<void> {
  await withLabLock(lab.name, () => startDaemons(lab, router))
}

/** Ends one of a router's daemons without a word; the others stay. */
export async function stopDaemon(lab: Lab, router: string, what: string): Promise<void> {
  await withLabLock(lab.name, async () => {
    const state = stateOf(lab)
    const old = state.processes.find((one) => one.node === router && one.what === what)
    if (!old) throw new Error(`${router} runs no ${what}`)
    if (state.engine !== 'netns') throw new Error('a container ends with its daemon: reboot the router')
    killGroup(old.pid)
    await eventually(`${what} of ${router} to end`, 10_000, () => !isAlive(old))
    writeState(lab.runtimeFolder, { ...state, processes: state.processes.filter((one) => one !== old) })
  })
}

/** Starts a daemon that was stopped alone. */
export async function startDaemon(lab: Lab, router: string, what: string): Promise<void> {
  await withLabLock(lab.name, async () => {
    const node = nodeOf(lab.topology, router)
    const { name, runtimeFolder } = lab
    const place = { name, runtimeFolder, env: markedEnvironment(runtimeFolder) }
    const command = routerCommands(place, node).find((one) => one.what === what)
    if (!command) throw new Error(`${router} has no ${what}`)
    forgetSockets(lab, router, what)
    const started = startCommand(place, node, command).flatMap(withIdentity)
    const state = stateOf(lab)
    writeState(runtimeFolder, { ...state, processes: [...state.processes, ...started] })
  })
}

async function endDaemons(lab: Lab, router: string): Promise<void> {
  const state = stateOf(lab)
  const own = state.processes.filter(({ node }) => node === router)
  const { name } = nodeOf(lab.topology, router)
  if (state.engine === 'podman') await removeContainers([lab.namespaceOf(name)])
  for (const one of own) if (isAlive(one)) killGroup(one.pid)
  await eventually(`the daemons of ${router} to end`, 10_000, () => own.every((one) => !isAlive(one)))
  writeState(lab.runtimeFolder, { ...state, processes: state.processes.filter((one) => !own.includes(one)) })
}

/** Each command of a router has a group of its own; in a container the group went with it. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it ended by itself
  }
}

/** Numbers as the kernel has them: bird, zebra, bgp, and static routes of FRR. */
const PROTOCOLS = ['12', '11', '186', '196']

async function forgetRoutes(lab: Lab, router: string): Promise<void> {
  for (const family of ['-4', '-6']) {
    for (const protocol of PROTOCOLS) {
      // the kernel's answer for nothing to flush is an error
      await lab.exec(router, ['ip', family, 'route', 'flush', 'proto', protocol])
    }
  }
  await lab.exec(router, ['nft', 'flush', 'ruleset'])
}

async function startDaemons(lab: Lab, router: string): Promise<void> {
  const node: Node = nodeOf(lab.topology, router)
  const { runtimeFolder, name } = lab
  for (const { what } of routerCommands({ name, runtimeFolder, env: {} }, node))
    forgetSockets(lab, router, what)
  const place = { name, runtimeFolder, env: markedEnvironment(runtimeFolder) }
  const started = await engineNamed(lab.engine).start(place, node)
  const state = stateOf(lab)
  const processes = started.flatMap(withIdentity)
  writeState(runtimeFolder, { ...state, processes: [...state.processes, ...processes] })
  await routerAnswers(runtimeFolder, node)
}

/** What the last ones left would pass for the new ones' answer, and gobgpd does not start over it. */
function forgetSockets({ runtimeFolder }: Lab, router: string, what: string): void {
  if (what === 'frr') rmSync(frrFolder(runtimeFolder, router), { recursive: true, force: true })
  if (what === 'configured') rmSync(controlSocketPath(runtimeFolder, router), { force: true })
  if (what === 'sshd') rmSync(sshdPidPath(runtimeFolder, router), { force: true })
  if (what === 'flow-agent') rmSync(agentSocketPath(runtimeFolder, router), { force: true })
  if (what === 'gobgpd') rmSync(gobgpTarget(runtimeFolder, router).replace('unix://', ''), { force: true })
}

function stateOf(lab: Lab): LabState {
  const state = readState(lab.runtimeFolder)
  if (state) return state
  throw new Error(`${lab.name} has no state`)
}
