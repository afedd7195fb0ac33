import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Family } from '../../simulator/addresses.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { askFlowAgent } from '../../simulator/router-state.ts'
import type { Client } from '../helpers/controller.ts'
import { BIRD, FLOW, FRR, kernelBlackholes, ROUTERS } from './backbone.ts'

/** What one router enforces, in its kernel. */
export interface Held {
  readonly blackholes4: number
  readonly blackholes6: number
  /** Both families; 0 where none is enforced. */
  readonly flows: number
}

export type HeldBy = Readonly<Record<string, Held>>

const EACH = 3
const LOOK_MS = 100
const FLOWS = 4

/** What every router enforces while {@link blockAll}'s blocks stand. */
export const WHOLE: HeldBy = {
  [BIRD]: { blackholes4: EACH, blackholes6: EACH, flows: 0 },
  [FRR]: { blackholes4: EACH, blackholes6: EACH, flows: 0 },
  [FLOW]: { blackholes4: EACH, blackholes6: EACH, flows: FLOWS },
}

export const NOTHING: HeldBy = Object.fromEntries(
  ROUTERS.map((router) => [router, { blackholes4: 0, blackholes6: 0, flows: 0 }]),
)

/** Blackholes of both families on all routers, and matches on the one that takes flow specification. */
export async function blockAll(client: Client, wait: number): Promise<void> {
  const to = (target: string, match?: Record<string, string>) =>
    client.block(
      { target, direction: 'to', duration: '1h', ...(match === undefined ? {} : { match, collateral: [] }) },
      wait,
    )
  const hosts = Array.from({ length: EACH }, (_, at) => [`203.0.113.${20 + at}`, `2001:db8:101::${20 + at}`])
  const matches = Array.from({ length: FLOWS / 2 }, (_, at) => [
    `203.0.113.${30 + at}`,
    `2001:db8:102::${30 + at}`,
  ])
  await Promise.all([
    ...hosts.flat().map((host) => to(host)),
    ...matches.flat().map((host) => to(host, { protocol: 'udp', destinationPort: '53' })),
  ])
}

export async function releaseAll(client: Client, wait: number): Promise<void> {
  for (const { id } of await client.list('active=true')) await client.release(id, wait)
}

export async function heldBy(lab: Lab): Promise<HeldBy> {
  const entries = await Promise.all(
    ROUTERS.map(async (router) => [router, await heldAt(lab, router)] as const),
  )
  return Object.fromEntries(entries)
}

async function heldAt(lab: Lab, router: string): Promise<Held> {
  if (router === FLOW) {
    // An agent that is being started anew enforces what its kernel has; it says so once it knows.
    const { blackholes, rules } = await eventually('the flow agent to answer', 20_000, () =>
      askFlowAgent(lab.runtimeFolder, FLOW).catch(() => undefined),
    )
    const of = (family: Family): number =>
      blackholes.filter(({ address }) => address.includes(':') === (family === 6)).length
    return { blackholes4: of(4), blackholes6: of(6), flows: rules.length }
  }
  const [four, six] = await Promise.all(
    [4, 6].map((family) => kernelBlackholes(lab, router, family as Family)),
  )
  return { blackholes4: four?.length ?? 0, blackholes6: six?.length ?? 0, flows: 0 }
}

export function isSame(a: HeldBy, b: HeldBy): boolean {
  return ROUTERS.every((router) => JSON.stringify(a[router]) === JSON.stringify(b[router]))
}

/** The least that each router was seen to hold while something happened, and what it holds at the end. */
export async function leastHeld(lab: Lab, happening: Promise<unknown>): Promise<HeldBy> {
  let least = await heldBy(lab)
  let over = false
  const end = happening.finally(() => {
    over = true
  })
  // Its failure is told where it is awaited.
  end.catch(() => undefined)
  while (!over) {
    least = lesser(least, await heldBy(lab))
    // Looking takes processes, of which whoever is looked at needs its share.
    await pause(LOOK_MS)
  }
  await end
  return lesser(least, await heldBy(lab))
}

function lesser(a: HeldBy, b: HeldBy): HeldBy {
  return Object.fromEntries(
    ROUTERS.map((router) => {
      const [one, other] = [a[router] ?? EMPTY, b[router] ?? EMPTY]
      return [
        router,
        {
          blackholes4: Math.min(one.blackholes4, other.blackholes4),
          blackholes6: Math.min(one.blackholes6, other.blackholes6),
          flows: Math.min(one.flows, other.flows),
        },
      ]
    }),
  )
}

const EMPTY: Held = { blackholes4: 0, blackholes6: 0, flows: 0 }

/** The process of a device's speaker. */
export function speakerPid(lab: Lab, device: string): number {
  return Number(readFileSync(join(lab.runtimeFolder, 'cordon', device, 'speaker.pid'), 'utf8'))
}
