import { type CommandResult, mustRun, runCommand } from '../command.ts'
import { namespaceName } from '../names.ts'
import { MARK } from '../processes.ts'
import type { Node } from '../topology.ts'
import type { Engine, LabPlace, Started } from './engine.ts'
import { netnsEngine, startCommand } from './netns.ts'
import { routerCommands } from './router-command.ts'

/**
 * Containers over this machine's own root file system, so no image and no registry is needed. runc, because
 * crun refuses mixed cgroups; the limits, because raising them needs a right that not every machine gives;
 * `--network ns:`, because podman's own networks change the root namespace.
 */
const RECIPE = [
  ...['podman', '--runtime', 'runc', 'run', '--rm', '--privileged', '--no-hosts', '--log-driver', 'none'],
  ...['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'],
]
const ROOT_FILE_SYSTEM = ['--rootfs', '/:O']

/** Routers run in containers; hosts and switches have no processes of their own and stay plain namespaces. */
export const podmanEngine: Engine = {
  name: 'podman',
  containersFor: (lab, nodes) => nodes.filter(isContained).map((node) => namespaceName(lab, node.name)),
  start: startContainer,
  enter: (lab, node) =>
    isContained(node)
      ? ['podman', 'exec', '-i', namespaceName(lab, node.name)]
      : netnsEngine.enter(lab, node),
}

/** undefined when containers work here, else why not: known only by trying. */
export async function whyNotPodman(): Promise<string | undefined> {
  const trial = [...RECIPE, '--network', 'none', ...ROOT_FILE_SYSTEM, 'true']
  try {
    const result: CommandResult = await runCommand(trial)
    return result.code === 0 ? undefined : firstLine(result.stderr) || `podman ended with ${result.code}`
  } catch (error) {
    return error instanceof Error ? firstLine(error.message) : 'podman could not be started'
  }
}

export async function removeContainers(names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  await mustRun(['podman', 'rm', '--force', '--ignore', '--time', '0', ...names])
}

function isContained(node: Node): boolean {
  return node.kind.endsWith('-router')
}

async function startContainer(place: LabPlace, node: Node): Promise<Started[]> {
  if (!isContained(node)) return []
  const name = namespaceName(place.name, node.name)
  const folder = `${place.runtimeFolder}:${place.runtimeFolder}`
  const [command = { what: 'container', argv: ['sleep', 'infinity'] }, ...beside] = routerCommands(
    place,
    node,
  )
  const where = ['--name', name, '--network', `ns:/run/netns/${name}`, '--volume', folder]
  const mark = ['--env', `${MARK}=${place.runtimeFolder}`]
  await mustRun([...RECIPE, '--detach', ...where, ...mark, ...ROOT_FILE_SYSTEM, ...command.argv], {
    env: place.env,
  })
  const pid = await mustRun(['podman', 'inspect', '--format', '{{.State.Pid}}', name], { env: place.env })
  const started = { node: node.name, what: command.what, pid: Number(pid) }
  return [started, ...beside.flatMap((one) => startCommand(place, node, one))]
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
