import { existsSync } from 'node:fs'
import { controlAt } from './configured/control-socket.ts'
import { controlSocketPath } from './engine/router-command.ts'
import { type LabState, readState } from './lab-state.ts'
import { isAlive, processesOfLab } from './processes.ts'
import { sessionsUp } from './router-state.ts'
import { knownLabs, runtimeFolderOf } from './runtime-folder.ts'
import { type Node, resolveTopology } from './topology.ts'

export interface NodeStatus {
  readonly node: string
  readonly kind: string
  readonly addresses: readonly string[]
  readonly daemon: string
}

export interface LabStatus {
  readonly name: string
  /** `up`: all there; `broken`: something that should run does not; `unfinished`: raising, or crashed at it */
  readonly health: 'up' | 'broken' | 'unfinished'
  readonly engine: string
  readonly engineReason: string
  readonly runtimeFolder: string
  readonly processes: number
  readonly nodes: readonly NodeStatus[]
}

export async function statusOfAll(): Promise<LabStatus[]> {
  const states = knownLabs().map((name) => readState(runtimeFolderOf(name)))
  return await Promise.all(states.filter((state) => state !== undefined).map(statusOf))
}

async function statusOf(state: LabState): Promise<LabStatus> {
  const runtimeFolder = runtimeFolderOf(state.name)
  const topology = resolveTopology(state.topology)
  const nodes = await Promise.all(
    [...topology.nodes.values()].map(async (node) => ({
      node: node.name,
      kind: node.kind,
      addresses: node.interfaces.flatMap((one) => one.addresses.map(({ address }) => address)),
      daemon: node.bgp
        ? await daemonOf(runtimeFolder, node)
        : node.ssh
          ? await sshOf(runtimeFolder, node)
          : '',
    })),
  )
  return {
    name: state.name,
    health: healthOf(state, nodes),
    engine: state.engine,
    engineReason: state.engineReason,
    runtimeFolder,
    processes: processesOfLab(runtimeFolder, state.namespaces).length,
    nodes,
  }
}

function healthOf(state: LabState, nodes: readonly NodeStatus[]): LabStatus['health'] {
  if (state.phase !== 'up') return 'unfinished'
  const isWhole =
    state.namespaces.every((name) => existsSync(`/run/netns/${name}`)) &&
    state.processes.every(isAlive) &&
    nodes.every((node) => node.daemon !== 'silent')
  return isWhole ? 'up' : 'broken'
}

async function sshOf(runtimeFolder: string, { name, kind, ssh }: Node): Promise<string> {
  // Whether it lives is told with the processes.
  if (kind === 'linux-router') return `sshd, port ${ssh?.port ?? 22}`
  try {
    const { port, fingerprint } = await controlAt(controlSocketPath(runtimeFolder, name)).identity()
    return `${kind.replace('-router', '')}, port ${port}, ${fingerprint}`
  } catch {
    return 'silent'
  }
}

async function daemonOf(runtimeFolder: string, node: Node): Promise<string> {
  const daemon = node.kind.replace('-router', '')
  try {
    const up = await sessionsUp(runtimeFolder, node)
    return up.length > 0 ? `${daemon}, ${up.join(' and ')} established` : `${daemon}, no speaker`
  } catch {
    return 'silent'
  }
}
