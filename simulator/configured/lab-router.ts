import { socketPath } from '../runtime-folder.ts'
import type { Node } from '../topology.ts'
import type { LoginSettings } from '../topology-file.ts'
import type { RouterControl } from './control.ts'
import { controlAt } from './control-socket.ts'
import { newHostKey } from './host-key.ts'
import { iosInterfaces, iosStart } from './ios/lab-start.ts'
import type { RouterSettings } from './settings.ts'

const SSH_PORT = 22

/** Where a lab's router that is configured is told its faults; the socket is there once the router answers. */
export function controlPath(runtimeFolder: string, node: string): string {
  return socketPath(runtimeFolder, `${node}.control`)
}

/** The calls of a lab's router that is configured. */
export function configuredRouter(runtimeFolder: string, node: string): RouterControl {
  return controlAt(controlPath(runtimeFolder, node))
}

/**
 * What a router of a lab is made of, the same at every start of its process.
 * @param configuration what it starts with; left out: its name and its addresses
 */
export function configuredSettings(
  runtimeFolder: string,
  node: Node,
  { options, ...login }: LoginSettings,
  configuration: string | undefined,
): RouterSettings {
  const interfaces = iosInterfaces(node)
  return {
    ...login,
    name: node.name,
    kind: node.kind,
    // of both families
    host: '::',
    port: SSH_PORT,
    hostKey: newHostKey().secret,
    configuration: configuration ?? iosStart(node),
    plane: 'nft',
    interfaces,
    control: controlPath(runtimeFolder, node.name),
    options: { ...options, interfaces: Object.keys(interfaces) },
  }
}
