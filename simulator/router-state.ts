import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { askBird } from './bird-socket.ts'
import { mustRun } from './command.ts'
import { controlAt } from './configured/control-socket.ts'
import { hearSocket } from './daemon-socket.ts'
import {
  agentSocketPath,
  birdSocketPath,
  controlSocketPath,
  frrFolder,
  gobgpTarget,
  logPath,
} from './engine/router-command.ts'
import { eventually } from './eventually.ts'
import { sshdPidPath } from './sshd.ts'
import { CONFIGURED_KINDS, hasSshd, type Node } from './topology.ts'

const START_MS = 15_000
const ESTABLISHED = 6

/** Resolves once a router's daemons have started and read what they were told. @throws with their log */
export async function routerAnswers(runtimeFolder: string, node: Node): Promise<void> {
  if (!node.bgp && !node.ssh) return
  try {
    await eventually(`${node.kind} ${node.name} to answer`, START_MS, () =>
      isReady(runtimeFolder, node).catch(() => false),
    )
  } catch (error) {
    // the log goes with the folder when the lab is cleared away
    throw new Error(readFileSync(logPath(runtimeFolder, node.name), 'utf8').trim(), { cause: error })
  }
}

async function isReady(folder: string, node: Node): Promise<boolean> {
  const { name, kind } = node
  if (hasSshd(node) && !existsSync(sshdPidPath(folder, name))) return false
  if (kind === 'linux-router') return true
  if (kind === 'bird-router') {
    return (await askBird(birdSocketPath(folder, name), 'show status')).includes('Daemon is up and running')
  }
  if (CONFIGURED_KINDS.has(kind))
    return (await controlAt(controlSocketPath(folder, name)).identity()).port > 0
  if (kind === 'frr-router') return existsSync(join(frrFolder(folder, name), 'configured'))
  const { inStep } = await askFlowAgent(folder, name)
  return inStep
}

/** What the flow agent of a router has complained of since the lab was raised. */
export function complaintsOf(runtimeFolder: string, router: string): string[] {
  const log = readFileSync(logPath(runtimeFolder, router), 'utf8')
  return log.split('\n').filter((line) => line.startsWith('flow-agent: '))
}

/** How many of a router's sessions are established, and of how many. @throws when its daemon does not answer */
export async function sessionsUp(runtimeFolder: string, node: Node): Promise<readonly string[]> {
  const { name, kind } = node
  if (kind === 'bird-router') {
    const text = await askBird(birdSocketPath(runtimeFolder, name), 'show protocols', 1_000)
    return [...text.matchAll(/^(?:1002-| )(\S+) +BGP .*Established/gm)].map((match) => match[1] ?? '')
  }
  if (kind === 'frr-router') return await frrSessions(runtimeFolder, name)
  const text = await mustRun(['gobgp', '--target', gobgpTarget(runtimeFolder, name), '-j', 'neighbor'])
  const peers = JSON.parse(text) as { conf: { description?: string }; state: { session_state?: number } }[]
  return peers
    .filter(({ state }) => state.session_state === ESTABLISHED)
    .map(({ conf }) => conf.description ?? '')
}

async function frrSessions(runtimeFolder: string, name: string): Promise<string[]> {
  const text = await mustRun(vtysh(runtimeFolder, name, 'show bgp neighbors json'))
  const peers = JSON.parse(text) as Record<string, { bgpState: string; nbrDesc?: string }>
  return Object.entries(peers)
    .filter(([, { bgpState }]) => bgpState === 'Established')
    .map(([address, { nbrDesc }]) => nbrDesc ?? address)
}

/** Unix sockets know no network namespace, so FRR is asked from anywhere. */
export function vtysh(runtimeFolder: string, node: string, command: string): string[] {
  return ['vtysh', '--vty_socket', frrFolder(runtimeFolder, node), '-c', command]
}

const Count = Type.Object({ packets: Type.Integer(), bytes: Type.Integer() })
const Told = Type.Object({
  /** whether it has heard the whole of gobgpd's table and made it so */
  inStep: Type.Boolean(),
  /** in the order of evaluation */
  rules: Type.Array(
    Type.Object({
      family: Type.Union([Type.Literal(4), Type.Literal(6)]),
      components: Type.Array(Type.Unknown()),
      act: Type.Unknown(),
      met: Count,
      dropped: Count,
    }),
  ),
  blackholes: Type.Array(Type.Object({ address: Type.String(), dropped: Count })),
})
export type FlowAgentState = Static<typeof Told>

const isTold = new Ajv().compile<FlowAgentState>(Told)

/** What the flow agent of a gobgp-router has in the kernel, with its counters. */
export async function askFlowAgent(runtimeFolder: string, node: string): Promise<FlowAgentState> {
  const value: unknown = JSON.parse(await hearSocket(agentSocketPath(runtimeFolder, node)))
  if (isTold(value)) return value
  throw new Error(`the flow agent of ${node} said something else`)
}
