import { spawn } from 'node:child_process'
import { namespaceName } from '../names.ts'
import type { Node } from '../topology.ts'
import type { Engine, LabPlace, Started } from './engine.ts'
import { type RouterCommand, routerCommands } from './router-command.ts'

/** Plain network namespaces: a node's processes share everything with this machine but the network. */
export const netnsEngine: Engine = {
  name: 'netns',
  containersFor: () => [],
  start: async (place, node) =>
    routerCommands(place, node).flatMap((command) => startCommand(place, node, command)),
  enter: (lab, node) => ['ip', 'netns', 'exec', namespaceName(lab, node.name)],
}

/** In a process group of its own, so that all of it can be ended together. */
export function startCommand(place: LabPlace, node: Node, command: RouterCommand): Started[] {
  const [file = '', ...args] = [...netnsEngine.enter(place.name, node), ...command.argv]
  const child = spawn(file, args, { detached: true, stdio: 'ignore', env: place.env })
  // nobody waits for it here: that its socket answers is the only proof that it runs
  child.on('error', () => undefined)
  child.unref()
  return child.pid === undefined ? [] : [{ node: node.name, what: command.what, pid: child.pid }]
}
