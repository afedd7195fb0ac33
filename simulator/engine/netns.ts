import { spawn } from 'node:child_process'
import { namespaceName } from '../names.ts'
import type { Node } from '../topology.ts'
import type { Engine, LabPlace, Started } from './engine.ts'
import { routerCommand } from './router-command.ts'

/** Plain network namespaces: a node's processes share everything with this machine but the network. */
export const netnsEngine: Engine = {
  name: 'netns',
  containersFor: () => [],
  start: async (place, node) => startRouter(place, node),
  enter: (lab, node) => ['ip', 'netns', 'exec', namespaceName(lab, node.name)],
}

function startRouter(place: LabPlace, node: Node): Started[] {
  const command = routerCommand(place, node)
  if (!command) return []
  const [file = '', ...args] = [...netnsEngine.enter(place.name, node), ...command.argv]
  const child = spawn(file, args, { detached: true, stdio: 'ignore', env: place.env })
  // nobody waits for it here: that its socket answers is the only proof that it runs
  child.on('error', () => undefined)
  child.unref()
  return child.pid === undefined ? [] : [{ node: node.name, what: command.what, pid: child.pid }]
}
