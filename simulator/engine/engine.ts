import type { Node } from '../topology.ts'

export interface LabPlace {
  readonly name: string
  readonly runtimeFolder: string
  readonly env: NodeJS.ProcessEnv
}

/** A process that the lab keeps running on a node. */
export interface Started {
  readonly node: string
  readonly what: string
  readonly pid: number
}

/** Where a node's own processes run. The network is made of namespaces in both engines. */
export interface Engine {
  readonly name: 'podman' | 'netns'
  /** names of the containers that this engine will make for the nodes */
  containersFor(lab: string, nodes: readonly Node[]): string[]
  /** starts what the node's kind calls for: nothing, a router daemon, an empty container */
  start(place: LabPlace, node: Node): Promise<Started[]>
  /** the words to put before a command so that it runs on the node */
  enter(lab: string, node: Node): string[]
}
