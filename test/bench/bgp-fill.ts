import { askBird } from '../../simulator/bird-socket.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { type Bird, startBird } from '../helpers/bird.ts'
import { type BirdChannel, importedAt } from '../helpers/bird-count.ts'
import type { Teller, Told } from './tellers.ts'

/** Seconds from the first word until the router's table holds all, and then none again. */
export interface Filling {
  readonly add: number
  readonly withdraw: number
}

export const BIRD_AS = 65_020
const DEADLINE_MS = 120_000
const EVERY_MS = 5

/** A speaker and a router that both know nothing yet: a route that changed lately is announced otherwise. */
export async function measureFilling(
  tell: (router: Told) => Teller | Promise<Teller>,
  channel: BirdChannel,
  rules: readonly Rule[],
): Promise<Filling> {
  const bird = await startBird({ flow: true })
  let teller: Teller | undefined
  try {
    const told = await tell({ address: bird.address, port: bird.port, as: BIRD_AS })
    teller = told
    await birdEstablished(bird)
    const add = await timed(bird, channel, rules.length, () => told.announce(rules))
    const withdraw = await timed(bird, channel, 0, () => told.withdraw(rules))
    return { add, withdraw }
  } finally {
    await teller?.stop()
    await bird.dispose()
  }
}

export async function birdEstablished({ socket }: Bird): Promise<void> {
  await eventually("BIRD's session with the speaker", 30_000, async () =>
    (await askBird(socket, 'show protocols cordon')).includes('Established'),
  )
}

async function timed(
  { socket }: Bird,
  channel: BirdChannel,
  routes: number,
  tell: () => Promise<void>,
): Promise<number> {
  const asked = performance.now()
  const reached = eventually(
    `BIRD to have ${routes} routes`,
    DEADLINE_MS,
    async () => (await importedAt(socket, channel)) === routes && performance.now(),
    EVERY_MS,
  )
  const [at] = await Promise.all([reached, tell()])
  return (at - asked) / 1_000
}
