import type { Family } from '../../simulator/addresses.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { raiseLab } from '../../simulator/raise.ts'
import type { Client, Program, WantedBlock } from '../helpers/controller.ts'
import { ONE_ROUTER_EACH, raiseLabSite } from '../helpers/lab-site.ts'
import { type ByHand, workByHand } from './by-hand.ts'
import { blockingHand, type Hand, type Latency, measureRounds, PORT, probeTo } from './rounds.ts'

export interface LatencyOptions {
  readonly rounds: number
  readonly program: Program
}

const WAYS = ['rtbh', 'match'] as const
type How = (typeof WAYS)[number]

/**
 * Measures blocks and releases through a controller in the campus and, round by round beside them, the same by hand
 * in a second lab of the same shape.
 */
export async function measureCampus({ rounds, program }: LatencyOptions): Promise<Latency[]> {
  const site = await raiseLabSite({ purpose: 'lat', placements: ONE_ROUTER_EACH, program })
  let lab: Lab | undefined
  try {
    lab = await raiseLab({ name: `hand-${process.pid}`, engine: 'netns', tied: true })
    const controller = await site.start()
    await site.ready(controller)
    const byHand = await workByHand(lab)
    const other = lab
    const figures = await measureRounds({
      suite: 'lab',
      ways: WAYS,
      rounds,
      hands: [
        (family) => controllerHand(site.lab, controller.client, family),
        (family) => otherHand(other, byHand, family),
      ],
    })
    await byHand.close()
    return figures
  } finally {
    await lab?.down()
    await site.dispose()
  }
}

function controllerHand(lab: Lab, client: Client, family: Family): Promise<Hand<How>> {
  const target = lab.addressOf('a1', family)
  const base: WantedBlock = { target, direction: 'to', duration: '1h' }
  return blockingHand(lab, family, client, {
    rtbh: base,
    match: { ...base, match: { protocol: 'udp', destinationPort: PORT } },
  })
}

async function otherHand(lab: Lab, byHand: ByHand, family: Family): Promise<Hand<How>> {
  const address = lab.addressOf('a1', family)
  const element = `${address} . udp . ${PORT}`
  return {
    prefix: 'byhand.',
    probe: await probeTo(lab, family),
    stop: (how) => (how === 'rtbh' ? byHand.rtbh('announce', address) : byHand.match('add', element)),
    free: (how) => (how === 'rtbh' ? byHand.rtbh('withdraw', address) : byHand.match('delete', element)),
  }
}
