import { type Chosen, chooseEngine, type EngineWish } from './engine/choose.ts'
import type { LabPlace, Started } from './engine/engine.ts'
import { type Lab, labFrom } from './lab-handle.ts'
import { topologyFile } from './lab-plan.ts'
import { isAbandoned, type LabState, readState, writeState } from './lab-state.ts'
import { checkLabName, namespaceName } from './names.ts'
import { identify, markedEnvironment, withIdentity } from './processes.ts'
import { whyNoLab } from './requirements.ts'
import { type Imports, writeRouterConfigs } from './router-config.ts'
import { routerAnswers } from './router-state.ts'
import { runtimeFolderOf } from './runtime-folder.ts'
import { clearAway, sweepAbandoned, withLabLock } from './teardown.ts'
import { hasSshd, type Node, resolveTopology, type Topology } from './topology.ts'
import type { TopologyFile } from './topology-file.ts'
import { giveAddresses, layCables } from './wiring.ts'

export interface RaiseOptions {
  /** a file, or the name of one in `simulator/topologies/`; left out: campus */
  readonly topology?: string
  /** left out: the topology's name */
  readonly name?: string
  readonly engine?: EngineWish
  /** the lab is swept by the next one once this process is gone: for tests and for `npm start` */
  readonly tied?: boolean
  /** the neighbours and import policies of routers, by their names, in place of the simulator's own */
  readonly imports?: Imports
}

/** @throws when a lab of this name is up; a crashed or half raised one is cleared away first */
export async function raiseLab(options: RaiseOptions = {}): Promise<Lab> {
  const file = topologyFile(options.topology ?? 'campus')
  const topology = resolveTopology(file)
  const obstacle = whyNoLab([...topology.nodes.values()].flatMap(needsOf))
  if (obstacle !== undefined) throw new Error(`no lab on this machine: ${obstacle}`)
  const name = checkLabName(options.name ?? file.name)
  const chosen = await chooseEngine(options.engine ?? 'auto')
  await sweepAbandoned()
  return await withLabLock(name, async () => {
    const before = readState(runtimeFolderOf(name))
    if (before?.phase === 'up' && !isAbandoned(before)) throw new Error(`the lab ${name} is already up`)
    await clearAway(name)
    const state = stateOf(name, file, topology, chosen, options.tied ?? false)
    return await raiseOrClear(state, topology, chosen, options.imports ?? {})
  })
}

function needsOf(node: Node): string[] {
  return hasSshd(node) ? [node.kind, 'sshd'] : [node.kind]
}

function stateOf(
  name: string,
  file: TopologyFile,
  topology: Topology,
  chosen: Chosen,
  tied: boolean,
): LabState {
  const nodes = [...topology.nodes.values()]
  return {
    version: 1,
    name,
    engine: chosen.engine.name,
    engineReason: chosen.reason,
    phase: 'raising',
    raisedBy: identify(process.pid) ?? { pid: process.pid, startTime: '' },
    tied,
    namespaces: nodes.map((node) => namespaceName(name, node.name)),
    containers: chosen.engine.containersFor(name, nodes),
    processes: [],
    topology: file,
  }
}

async function raiseOrClear(
  planned: LabState,
  topology: Topology,
  chosen: Chosen,
  imports: Imports,
): Promise<Lab> {
  const runtimeFolder = runtimeFolderOf(planned.name)
  writeState(runtimeFolder, planned)
  try {
    const place = { name: planned.name, runtimeFolder, env: markedEnvironment(runtimeFolder) }
    await layCables(place.name, topology, place.env)
    await giveAddresses(place.name, topology, place.env)
    writeRouterConfigs(runtimeFolder, topology, imports)
    const started = await startNodes(place, topology, chosen)
    const state: LabState = { ...planned, phase: 'up', processes: started.flatMap(withIdentity) }
    writeState(runtimeFolder, state)
    return labFrom(state)
  } catch (error) {
    await clearAway(planned.name)
    throw error
  }
}

async function startNodes(place: LabPlace, topology: Topology, chosen: Chosen): Promise<Started[]> {
  const nodes = [...topology.nodes.values()]
  const started = await Promise.all(nodes.map((node) => chosen.engine.start(place, node)))
  await Promise.all(nodes.map((node) => routerAnswers(place.runtimeFolder, node)))
  return started.flat()
}
