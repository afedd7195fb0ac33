import type { Family } from '../../simulator/addresses.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import { spreadOf } from '../bench/statistics.ts'
import type { Client, WantedBlock } from '../helpers/controller.ts'

/** Milliseconds from the request to the last packet through, or to the first that is back. */
export interface Latency {
  readonly name: string
  readonly n: number
  readonly spread: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** Someone who can stop the victim's packets in several ways and let them flow again, one round at a time. */
export interface Hand<How extends string> {
  readonly prefix: '' | 'byhand.'
  readonly probe: Probe
  stop(how: How): unknown
  free(how: How): unknown
}

export interface Rounds<How extends string> {
  /** What the figures are named after. */
  readonly suite: string
  readonly ways: readonly How[]
  readonly rounds: number
  /** Whoever is measured takes turns, so that a machine that is busy is so for all. */
  readonly hands: readonly ((family: Family) => Promise<Hand<How>>)[]
}

/** The port of the victim's packets. */
export const PORT = 9001
/** Rounds that are not counted: a controller that has run for a while has its code compiled. */
const WARM_UP = 10

/** Packets to a host inside and to the one next to it, which must miss nothing. */
export function probeTo(lab: Lab, family: Family): Promise<Probe> {
  const flows: Flow[] = [
    { name: 'victim', to: 'a1', family, port: PORT, hz: 2_000 },
    { name: 'next-host', to: 'a2', family, port: PORT, hz: 500 },
  ]
  return startProbe(lab, { flows, neighbours: ['next-host'] })
}

/** Asks a controller for a block, and then for its release; neither waits for the network. */
export async function blockingHand<How extends string>(
  lab: Lab,
  family: Family,
  client: Client,
  wanted: Readonly<Record<How, WantedBlock>>,
): Promise<Hand<How>> {
  let id = 0
  return {
    prefix: '',
    probe: await probeTo(lab, family),
    async stop(how) {
      id = (await client.block(wanted[how])).id
    },
    free: () => client.release(id),
  }
}

/** Measures IPv4 and then IPv6, and ends the probes, also when that fails. */
export async function measureRounds<How extends string>(asked: Rounds<How>): Promise<Latency[]> {
  const samples = new Map<string, number[]>()
  for (const family of [4, 6] as const) {
    const hands: Hand<How>[] = []
    try {
      for (const begin of asked.hands) hands.push(await begin(family))
      await measureFamily(asked, family, hands, samples)
    } finally {
      for (const { probe } of hands) await probe.stop()
    }
  }
  return [...samples].map(([name, values]) => ({ name, n: values.length, spread: spreadOf(values) }))
}

async function measureFamily<How extends string>(
  { suite, ways, rounds }: Rounds<How>,
  family: Family,
  hands: readonly Hand<How>[],
  samples: Map<string, number[]>,
): Promise<void> {
  const note = (name: string, ms: number): void => {
    samples.set(name, [...(samples.get(name) ?? []), ms])
  }
  for (let round = -WARM_UP; round < rounds; round += 1)
    for (const how of ways)
      for (const hand of hands) {
        const { stopped, resumed } = await measureOnce(hand, how)
        if (round < 0) continue
        note(`${suite}.${hand.prefix}block.${how}.ipv${family}`, stopped)
        note(`${suite}.${hand.prefix}unblock.${how}.ipv${family}`, resumed)
      }
}

async function measureOnce<How extends string>(
  hand: Hand<How>,
  how: How,
): Promise<{ stopped: number; resumed: number }> {
  const { probe } = hand
  const asked = probe.mark()
  const made = hand.stop(how)
  const [{ lastThrough }] = await Promise.all([probe.stopped('victim', { after: asked }), made])
  const freed = probe.mark()
  const gone = hand.free(how)
  const [{ firstBack }] = await Promise.all([probe.resumed('victim', { after: freed }), gone])
  return { stopped: Math.max(0, lastThrough.sentAt - asked), resumed: firstBack.receivedAt - freed }
}
