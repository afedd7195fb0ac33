import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { type CommandOptions, type CommandResult, runCommand } from './command.ts'
import { engineNamed } from './engine/choose.ts'
import { type LabPlan, planOf } from './lab-plan.ts'
import { type LabState, readState } from './lab-state.ts'
import { markedEnvironment } from './processes.ts'
import { runtimeFolderOf } from './runtime-folder.ts'
import { downLab } from './teardown.ts'
import { nodeOf, resolveTopology } from './topology.ts'

/** A raised lab, to be used from the root namespace. */
export interface Lab extends LabPlan {
  readonly engine: LabState['engine']
  readonly engineReason: string
  readonly nodes: readonly string[]
  /** the words before a command that runs it in the node, in its container where it has one */
  enter(node: string): string[]
  /** starts a process in the node's network, with this machine's files; it ends with the lab at the latest */
  spawnIn(node: string, argv: readonly string[], options?: SpawnOptions): ChildProcess
  /** as spawnIn, to its end */
  exec(node: string, argv: readonly string[], options?: CommandOptions): Promise<CommandResult>
  down(): Promise<void>
}

export function labFrom(state: LabState): Lab {
  const plan = planOf(state.name, resolveTopology(state.topology))
  const { name, topology, runtimeFolder } = plan
  const env = markedEnvironment(runtimeFolder)
  const inNamespace = (node: string): string[] => ['ip', 'netns', 'exec', plan.namespaceOf(node)]
  return {
    ...plan,
    engine: state.engine,
    engineReason: state.engineReason,
    nodes: [...topology.nodes.keys()],
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
