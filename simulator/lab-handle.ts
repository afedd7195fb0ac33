import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import type { Family } from './addresses.ts'
import { type CommandOptions, type CommandResult, runCommand } from './command.ts'
import { engineNamed } from './engine/choose.ts'
import { birdSocketPath } from './engine/router-command.ts'
import { type LabState, readState } from './lab-state.ts'
import { namespaceName } from './names.ts'
import { markedEnvironment } from './processes.ts'
import { runtimeFolderOf, socketPath } from './runtime-folder.ts'
import { downLab } from './teardown.ts'
import { addressOf, nodeOf, resolveTopology, type Topology } from './topology.ts'

/** A raised lab, to be used from the root namespace. */
export interface Lab {
  readonly name: string
  readonly engine: LabState['engine']
  readonly engineReason: string
  readonly topology: Topology
  readonly nodes: readonly string[]
  readonly runtimeFolder: string
  namespaceOf(node: string): string
  addressOf(node: string, family: Family): string
  /** a short path for a Unix socket in the runtime folder: how namespaces talk to each other and to the root */
  socketPath(file: string): string
  birdSocket(node: string): string
  /** the words before a command that runs it in the node, in its container where it has one */
  enter(node: string): string[]
  /** starts a process in the node's network, with this machine's files; it ends with the lab at the latest */
  spawnIn(node: string, argv: readonly string[], options?: SpawnOptions): ChildProcess
  /** as spawnIn, to its end */
  exec(node: string, argv: readonly string[], options?: CommandOptions): Promise<CommandResult>
  down(): Promise<void>
}

export function labFrom(state: LabState): Lab {
  const { name } = state
  const topology = resolveTopology(state.topology)
  const runtimeFolder = runtimeFolderOf(name)
  const env = markedEnvironment(runtimeFolder)
  const inNamespace = (node: string): string[] => ['ip', 'netns', 'exec', namespaceOf(node)]
  const namespaceOf = (node: string): string => namespaceName(name, nodeOf(topology, node).name)
  return {
    name,
    engine: state.engine,
    engineReason: state.engineReason,
    topology,
    nodes: [...topology.nodes.keys()],
    runtimeFolder,
    namespaceOf,
    addressOf: (node, family) => addressOf(topology, node, family),
    socketPath: (file) => socketPath(runtimeFolder, file),
    birdSocket: (node) => birdSocketPath(runtimeFolder, nodeOf(topology, node).name),
    enter: (node) => engineNamed(state.engine).enter(name, nodeOf(topology, node)),
    spawnIn(node, argv, options = {}) {
      const [file = '', ...args] = [...inNamespace(node), ...argv]
      return spawn(file, args, { ...options, env: { ...env, ...options.env } })
    },
    exec: (node, argv, options = {}) =>
      runCommand([...inNamespace(node), ...argv], { ...options, env: { ...env, ...options.env } }),
    down: () => downLab(name),
  }
}

/** @throws when no lab of this name has been raised */
export function attachLab(name: string): Lab {
  const state = readState(runtimeFolderOf(name))
  if (state?.phase === 'up') return labFrom(state)
  throw new Error(state ? `the lab ${name} was never fully raised: down it first` : `there is no lab ${name}`)
}
