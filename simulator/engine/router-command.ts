import { join } from 'node:path'
import { socketPath } from '../runtime-folder.ts'
import type { Node } from '../topology.ts'
import type { LabPlace } from './engine.ts'

export function birdConfigPath(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.conf`)
}

export function birdSocketPath(runtimeFolder: string, node: string): string {
  return socketPath(runtimeFolder, `${node}.ctl`)
}

export function logPath(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.log`)
}

/** The daemon that a router's kind calls for, in the foreground; Linux itself is enough for the other kinds. */
export function routerCommand(place: LabPlace, node: Node): { what: string; argv: string[] } | undefined {
  if (node.kind !== 'bird-router') return undefined
  const config = birdConfigPath(place.runtimeFolder, node.name)
  const socket = birdSocketPath(place.runtimeFolder, node.name)
  const log = logPath(place.runtimeFolder, node.name)
  const bird = ['bird', '-f', '-c', config, '-s', socket]
  // a container's own log would go with it
  return { what: 'bird', argv: ['sh', '-c', 'exec "$@" >>"$0" 2>&1', log, ...bird] }
}
