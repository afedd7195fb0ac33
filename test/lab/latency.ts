import { parseArgs } from 'node:util'
import type { Family } from '../../simulator/addresses.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import { raiseLab } from '../../simulator/raise.ts'
import type { Client, Program, WantedBlock } from '../helpers/controller.ts'
import { ONE_ROUTER_EACH, raiseLabSite } from '../helpers/lab-site.ts'
import { type ByHand, workByHand } from './by-hand.ts'

/** A figure of the closing report: milliseconds from the request to the last packet through, or the first back. */
export interface Figure {
  readonly suite: 'lab'
  readonly name: string
  readonly unit: 'ms'
  readonly n: number
  readonly value: { readonly p50: number; readonly p99: number; readonly max: number }
}

export interface LatencyOptions {
  readonly rounds: number
  /** Left out: the controller from source. */
  readonly program?: Program
}

const PORT = 9001
/** Rounds that are not counted: a controller that has run for a while has its code compiled. */
const WARM_UP = 10
const FAMILIES = [4, 6] as const
const HOW = ['rtbh', 'match'] as const
type How = (typeof HOW)[number]

/** Someone who can stop the victim's packets and let them flow again, one round at a time. */
interface Hand {
  readonly prefix: '' | 'byhand.'
  readonly probe: Probe
  stop(how: How): Promise<unknown>
  free(how: How): Promise<unknown>
}

/**
 * Measures blocks and releases through a controller and, round by round beside them, the same by hand in a second
 * lab of the same shape: a machine that is busy is so for both.
 */
export async function measureLatency({ rounds, program }: LatencyOptions): Promise<Figure[]> {
  const site = await raiseLabSite({
    purpose: 'lat',
    placements: ONE_ROUTER_EACH,
    ...(program === undefined ? {} : { program }),
  })
  let lab: Lab | undefined
  try {
    lab = await raiseLab({ name: `hand-${process.pid}`, engine: 'netns', tied: true })
    const controller = await site.start()
    await site.ready(controller)
    const byHand = await workByHand(lab)
    const figures: Figure[] = []
    for (const family of FAMILIES) {
      const hands = [
        await controllerHand(site.lab, controller.client, family),
        await otherHand(lab, byHand, family),
      ]
      figures.push(...(await measureFamily(hands, family, rounds)))
    }
    await byHand.close()
    return figures
  } finally {
    await lab?.down()
    await site.dispose()
  }
}

async function measureFamily(hands: readonly Hand[], family: Family, rounds: number): Promise<Figure[]> {
  const samples = new Map<string, number[]>()
  const note = (name: string, ms: number): void => {
    samples.set(name, [...(samples.get(name) ?? []), ms])
  }
  try {
    for (let round = -WARM_UP; round < rounds; round += 1)
      for (const how of HOW)
        for (const hand of hands) {
          const { stopped, resumed } = await measureOnce(hand, how)
          if (round < 0) continue
          note(`lab.${hand.prefix}block.${how}.ipv${family}`, stopped)
          note(`lab.${hand.prefix}unblock.${how}.ipv${family}`, resumed)
        }
  } finally {
    for (const { probe } of hands) await probe.stop()
  }
  return [...samples].map(([name, values]) => figureOf(name, values))
}

async function measureOnce(hand: Hand, how: How): Promise<{ stopped: number; resumed: number }> {
  const { probe } = hand
  const asked = probe.mark()
  const made = hand.stop(how)
  const [{ lastThrough }] = await Promise.all([probe.stopped('victim', { after: asked }), made])
  const freed = probe.mark()
  const gone = hand.free(how)
  const [{ firstBack }] = await Promise.all([probe.resumed('victim', { after: freed }), gone])
  return { stopped: Math.max(0, lastThrough.sentAt - asked), resumed: firstBack.receivedAt - freed }
}

async function controllerHand(lab: Lab, client: Client, family: Family): Promise<Hand> {
  const target = lab.addressOf('a1', family)
  const base: WantedBlock = { target, direction: 'to', duration: '1h' }
  const wanted = { rtbh: base, match: { ...base, match: { protocol: 'udp', destinationPort: PORT } } }
  let id = 0
  return {
    prefix: '',
    probe: await startProbe(lab, { flows: flowsTo(family), neighbours: ['next-host'] }),
    async stop(how) {
      id = (await client.block(wanted[how])).id
    },
    free: () => client.release(id),
  }
}

async function otherHand(lab: Lab, byHand: ByHand, family: Family): Promise<Hand> {
  const address = lab.addressOf('a1', family)
  const element = `${address} . udp . ${PORT}`
  return {
    prefix: 'byhand.',
    probe: await startProbe(lab, { flows: flowsTo(family), neighbours: ['next-host'] }),
    stop: (how) => (how === 'rtbh' ? byHand.rtbh('announce', address) : byHand.match('add', element)),
    free: (how) => (how === 'rtbh' ? byHand.rtbh('withdraw', address) : byHand.match('delete', element)),
  }
}

function flowsTo(family: Family): Flow[] {
  return [
    { name: 'victim', to: 'a1', family, port: PORT, hz: 2_000 },
    { name: 'next-host', to: 'a2', family, port: PORT, hz: 500 },
  ]
}

function figureOf(name: string, values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100
  return {
    suite: 'lab',
    name,
    unit: 'ms',
    n: values.length,
    value: { p50: at(0.5), p99: at(0.99), max: at(1) },
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '30' } } })
  for (const figure of await measureLatency({ rounds: Number(values.rounds) }))
    process.stdout.write(`${JSON.stringify(figure)}\n`)
}
