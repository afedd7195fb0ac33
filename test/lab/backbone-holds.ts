import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Family } from '../../simulator/addresses.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { askFlowAgent } from '../../simulator/router-state.ts'
import type { Client } from '../helpers/controller.ts'
import { BIRD, FLOW, FRR, kernelBlackholes, ROUTERS } from './backbone.ts'

/** What each router enforces, in its kernel, sorted: hosts, and `flow HOST` for what is dropped of one. */
export type HeldBy = Readonly<Record<string, readonly string[]>>

const LOOK_MS = 100

/** Hosts that blocks are about: whole ones, and those whose DNS alone is blocked. */
export interface Blocked {
  readonly whole: readonly string[]
  readonly narrowed: readonly string[]
}

export const BLOCKED: Blocked = {
  whole: [20, 21, 22].flatMap((at) => [`203.0.113.${at}`, `2001:db8:101::${at}`]),
  narrowed: [30, 31].flatMap((at) => [`203.0.113.${at}`, `2001:db8:102::${at}`]),
}

export const NOTHING: HeldBy = Object.fromEntries(ROUTERS.map((router) => [router, []]))

/** What every router enforces while these are blocked: matches at the one that takes flow specification. */
export function heldFor({ whole, narrowed }: Blocked): HeldBy {
  const flows = narrowed.map((host) => `flow ${host}`)
  return {
    [BIRD]: whole.toSorted(),
    [FRR]: whole.toSorted(),
    [FLOW]: [...whole, ...flows].toSorted(),
  }
}

/** Blackholes of both families on all routers, and matches on the one that takes flow specification. */
export async function blockAll(client: Client, { whole, narrowed }: Blocked, wait: number): Promise<void> {
  await Promise.all([
    ...whole.map((host) => blockHost(client, host, wait)),
    ...narrowed.map((host) => blockDns(client, host, wait)),
  ])
}

async function blockHost(client: Client, target: string, wait: number): Promise<void> {
  const { wanted } = await client.block({ target, direction: 'to', duration: '1h' }, wait)
  assert.equal(wanted, 'on', target)
}

async function blockDns(client: Client, target: string, wait: number): Promise<void> {
  const match = { protocol: 'udp', destinationPort: '53' }
  const { wanted } = await client.block(
    { target, direction: 'to', duration: '1h', match, collateral: [] },
    wait,
  )
  assert.equal(wanted, 'on', target)
}

/** In each family one host is let go and another blocked, whole and narrowed; nothing waits for the routers. */
export async function exchange(client: Client, from: Blocked, to: Blocked): Promise<void> {
  const gone = [...from.whole, ...from.narrowed].filter(
    (host) => !to.whole.includes(host) && !to.narrowed.includes(host),
  )
  await blockAll(
    client,
    {
      whole: to.whole.filter((host) => !from.whole.includes(host)),
      narrowed: to.narrowed.filter((host) => !from.narrowed.includes(host)),
    },
    0,
  )
  for (const { id, target } of await client.list('active=true'))
    if (gone.some((host) => target.startsWith(`${host}/`))) await client.release(id)
}

/** The first host of each kind and family with another one in its place, which is not blocked yet. */
export function exchanged({ whole, narrowed }: Blocked): Blocked {
  const another = (host: string, at: number): string =>
    at > 1
      ? host
      : host.replace(/\d+$/, (last) =>
          Number(last) % 2 === 0 ? `${Number(last) + 25}` : `${Number(last) - 25}`,
        )
  return { whole: whole.map(another), narrowed: narrowed.map(another) }
}

export async function releaseAll(client: Client, wait: number): Promise<void> {
  for (const { id } of await client.list('active=true')) await client.release(id, wait)
}

export async function heldBy(lab: Lab): Promise<HeldBy> {
  const entries = await Promise.all(
    ROUTERS.map(async (router) => [router, (await heldAt(lab, router)).sort()] as const),
  )
  return Object.fromEntries(entries)
}

async function heldAt(lab: Lab, router: string): Promise<string[]> {
  if (router === FLOW) {
    // An agent that is being started anew enforces what its kernel has; it says so once it knows.
    const { blackholes, rules } = await eventually('the flow agent to answer', 20_000, () =>
      askFlowAgent(lab.runtimeFolder, FLOW).catch(() => undefined),
    )
    return [
      ...blackholes.map(({ address }) => address),
      ...rules.map(({ components }) => `flow ${hostIn(components)}`),
    ]
  }
  const families = await Promise.all([4, 6].map((family) => kernelBlackholes(lab, router, family as Family)))
  return families.flat()
}

/** The destination among the components of a flow rule. */
function hostIn(components: readonly unknown[]): string {
  const [first] = components as readonly { readonly type: number; readonly prefix?: string }[]
  return first?.type === 1 ? (first.prefix?.split('/')[0] ?? '') : 'without a destination'
}

export function isSame(a: HeldBy, b: HeldBy): boolean {
  return ROUTERS.every((router) => JSON.stringify(a[router]) === JSON.stringify(b[router]))
}

/** What each router was seen to hold all the time while something happened, and at its end. */
export async function alwaysHeld(lab: Lab, happening: Promise<unknown>): Promise<HeldBy> {
  let always = await heldBy(lab)
  let over = false
  const end = happening.finally(() => {
    over = true
  })
  // Its failure is told where it is awaited.
  end.catch(() => undefined)
  while (!over) {
    always = both(always, await heldBy(lab))
    // Looking takes processes, of which whoever is looked at needs its share.
    await pause(LOOK_MS)
  }
  await end
  return both(always, await heldBy(lab))
}

/** What is in both. */
export function both(a: HeldBy, b: HeldBy): HeldBy {
  return Object.fromEntries(
    ROUTERS.map((router) => [router, (a[router] ?? []).filter((one) => b[router]?.includes(one))]),
  )
}

/** The process of a device's speaker. */
export function speakerPid(lab: Lab, device: string): number {
  return Number(readFileSync(join(lab.runtimeFolder, 'cordon', device, 'speaker.pid'), 'utf8'))
}
