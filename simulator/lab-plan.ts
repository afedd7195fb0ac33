import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Family } from './addresses.ts'
import { birdSocketPath } from './engine/router-command.ts'
import { checkLabName, namespaceName } from './names.ts'
import { runtimeFolderOf, socketPath } from './runtime-folder.ts'
import { addressOf, nodeOf, resolveTopology, type Topology } from './topology.ts'
import { readTopologyFile, type TopologyFile } from './topology-file.ts'

/** Where everything of a lab is, or will be: known before it is raised, so that its routers can be told. */
export interface LabPlan {
  readonly name: string
  readonly topology: Topology
  readonly runtimeFolder: string
  namespaceOf(node: string): string
  addressOf(node: string, family: Family): string
  /** a short path for a Unix socket in the runtime folder: how namespaces talk to each other and to the root */
  socketPath(file: string): string
  birdSocket(node: string): string
}

/** @param topology a file, or the name of one in `simulator/topologies/` @param name left out: the topology's */
export function planLab(topology: string, name?: string): LabPlan {
  const file = topologyFile(topology)
  return planOf(checkLabName(name ?? file.name), resolveTopology(file))
}

export function planOf(name: string, topology: Topology): LabPlan {
  const runtimeFolder = runtimeFolderOf(name)
  return {
    name,
    topology,
    runtimeFolder,
    namespaceOf: (node) => namespaceName(name, nodeOf(topology, node).name),
    addressOf: (node, family) => addressOf(topology, node, family),
    socketPath: (file) => socketPath(runtimeFolder, file),
    birdSocket: (node) => birdSocketPath(runtimeFolder, nodeOf(topology, node).name),
  }
}

export function topologyFile(nameOrPath: string): TopologyFile {
  return readTopologyFile(topologyPath(nameOrPath))
}

function topologyPath(nameOrPath: string): string {
  if (nameOrPath.includes('/') || existsSync(nameOrPath)) return nameOrPath
  return join(import.meta.dirname, 'topologies', `${nameOrPath}.yaml`)
}
