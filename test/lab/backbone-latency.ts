import type { Family } from '../../simulator/addresses.ts'
import { type HandSpeaker, startHandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { speakerOf } from '../../simulator/site.ts'
import { raiseBackboneSite } from '../helpers/backbone-site.ts'
import type { Client, WantedBlock } from '../helpers/controller.ts'
import { BIRD, FLOW, FRR, ROUTERS, tellBlackhole, tellFlow } from './backbone.ts'
import type { LatencyOptions } from './latency.ts'
import { blockingHand, type Hand, type Latency, measureRounds, PORT, probeTo } from './rounds.ts'

/** The one router that stops the packets, and so by what: a blackhole at the first two, a flow route at the third. */
const WAYS = ['bird', 'frr', 'flow'] as const
type How = (typeof WAYS)[number]

/** Chooses the device for FRR; the router takes it as it takes any blackhole. */
const FRR_SCOPE = 'region:frr'

const PLACEMENTS = {
  placements: [
    { name: 'narrowed', when: { narrowed: true }, use: [{ device: 'flow', as: 'flow' }] },
    { name: 'at FRR', when: { scope: [FRR_SCOPE] }, use: [{ device: 'frr', as: 'd-rtbh' }] },
    { name: 'whole hosts', when: {}, use: [{ device: 'bird', as: 'd-rtbh' }] },
  ],
}

/**
 * Measures blocks and releases through a controller with three speakers, one for each router of the backbone, and,
 * round by round beside them, the same by hand in a second lab of the same shape.
 */
export async function measureBackbone({ rounds, program }: LatencyOptions): Promise<Latency[]> {
  const site = await raiseBackboneSite({
    purpose: 'bbl',
    placements: PLACEMENTS,
    program,
    devices: (lab) => [
      speakerOf(lab, { name: 'bird', routers: [BIRD] }),
      speakerOf(lab, { name: 'frr', routers: [FRR], scopes: ['local', FRR_SCOPE] }),
      speakerOf(lab, { name: 'flow', routers: [FLOW] }),
    ],
  })
  let lab: Lab | undefined
  try {
    lab = await raiseLab({ topology: 'backbone', name: `bbh-${process.pid}`, engine: 'netns', tied: true })
    const { client } = await site.start(WAYS)
    const speaker = await startHandSpeaker(lab, ROUTERS)
    const other = lab
    const figures = await measureRounds({
      suite: 'lab-backbone',
      ways: WAYS,
      rounds,
      hands: [
        (family) => controllerHand(site.lab, client, family),
        (family) => speakerHand(other, speaker, family),
      ],
    })
    await speaker.stop()
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
    bird: base,
    frr: { ...base, scope: FRR_SCOPE },
    flow: { ...base, match: { protocol: 'udp', destinationPort: PORT } },
  })
}

async function speakerHand(lab: Lab, speaker: HandSpeaker, family: Family): Promise<Hand<How>> {
  const address = lab.addressOf('a1', family)
  const protocol = family === 4 ? 'protocol' : 'next-header'
  const match = `destination ${address}/${family === 4 ? 32 : 128}; ${protocol} =17; destination-port =${PORT};`
  const tell = (verb: 'announce' | 'withdraw', how: How): void => {
    if (how === 'flow') tellFlow(speaker, verb, match)
    else tellBlackhole(speaker, verb, how === 'bird' ? BIRD : FRR, address)
  }
  return {
    prefix: 'byhand.',
    probe: await probeTo(lab, family),
    stop: (how) => tell('announce', how),
    free: (how) => tell('withdraw', how),
  }
}
