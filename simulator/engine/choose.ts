import type { Engine } from './engine.ts'
import { netnsEngine } from './netns.ts'
import { podmanEngine, whyNotPodman } from './podman.ts'

export type EngineWish = 'auto' | 'podman' | 'netns'

export interface Chosen {
  readonly engine: Engine
  readonly reason: string
}

export function engineNamed(name: Engine['name']): Engine {
  return name === 'podman' ? podmanEngine : netnsEngine
}

/** @throws when podman is asked for by name and does not work here */
export async function chooseEngine(wish: EngineWish): Promise<Chosen> {
  if (wish === 'netns') return { engine: netnsEngine, reason: 'asked for' }
  const obstacle = await whyNotPodman()
  if (obstacle === undefined) {
    return { engine: podmanEngine, reason: wish === 'auto' ? 'a trial container ran' : 'asked for' }
  }
  if (wish === 'podman') throw new Error(`podman does not work here: ${obstacle}`)
  return { engine: netnsEngine, reason: `podman does not work here: ${obstacle}` }
}
