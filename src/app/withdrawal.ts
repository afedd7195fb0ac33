import { type Clock, sleep } from '../domain/clock.ts'
import type { Engine } from '../engine/engine.ts'
import type { Managed } from '../engine/manage.ts'

/** What became of a device while every automatic block was withdrawn. */
export interface Withdrawn {
  readonly device: string
  /** Whether it was read and told everything. */
  readonly done: boolean
  readonly words: string
}

/** Waits until each device was read and told everything, or a person holds it. @param deadline milliseconds */
export async function withdrawn(engine: Engine, clock: Clock, deadline: number): Promise<Withdrawn[]> {
  const end = clock.now() + deadline
  const isDone = ({ runner, table }: Managed): boolean =>
    runner.status.state === 'ready' && table.backlog === 0
  const settled = ({ device }: Managed): boolean => engine.isHeld(device.name)
  // A reading that has just ended may still be without what it leads to.
  let calm = 0
  while (clock.now() < end && calm < CALM) {
    calm = [...engine.devices.values()].every((one) => isDone(one) || settled(one)) ? calm + 1 : 0
    await sleep(clock, LOOK_EVERY)
  }
  return [...engine.devices.values()].map((one) => withdrawnOf(one, isDone(one), engine))
}

const LOOK_EVERY = 50
const CALM = 4

function withdrawnOf({ device, runner, table }: Managed, done: boolean, engine: Engine): Withdrawn {
  const { name } = device
  if (engine.isHeld(name))
    return { device: name, done: false, words: 'a person holds it: nothing was changed there' }
  if (runner.withheldWhy !== undefined) return { device: name, done: false, words: runner.withheldWhy }
  const { state, error } = runner.status
  if (error !== undefined && state !== 'ready')
    return { device: name, done: false, words: `${state}: ${error.words}` }
  return {
    device: name,
    done,
    words: done
      ? `${table.present} rules of other blocks stay`
      : `${table.backlog} rules are still to be told`,
  }
}
