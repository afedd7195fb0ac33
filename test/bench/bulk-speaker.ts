import type { AdapterEnv } from '../../adapters/adapter.ts'
import { stopSpeaker } from '../../adapters/exabgp/index.ts'
import type { Link } from '../../adapters/exabgp/link.ts'
import { Encoder } from '../../adapters/exabgp/render.ts'
import { obtainSpeaker } from '../../adapters/exabgp/speaker.ts'
import { SILENT } from '../../src/domain/log.ts'
import type { Bird } from '../helpers/bird.ts'
import { realClock } from '../helpers/system-clock.ts'
import { underWay } from '../helpers/under-way.ts'
import { type Arrival, watchArrival } from './bird-meter.ts'
import { speakerConfig } from './observed-speaker.ts'
import { hostAddress } from './requests.ts'

const AT_ONCE = 500
const IN_FLIGHT = 2

/**
 * ExaBGP's own rate: the same ExaBGP with the same helper, but nobody behind it who thinks; lines made beforehand,
 * two of them under way, from the moment at which the helper answers.
 */
export async function bulkRate(folder: string, bird: Bird, routes: number): Promise<Arrival> {
  const config = speakerConfig(bird.port)
  const lines = bulkLines(new Encoder(config.scopes, config.marking).attributes('local', 4), routes)
  try {
    const { link } = await obtainSpeaker(config, environment(folder))
    link.listen({ peer: () => {}, surplus: () => {}, closed: () => {} })
    const arrival = watchArrival(bird.socket, routes)
    await Promise.all([arrival, underWay(lines, IN_FLIGHT, (line) => tell(link, line))])
    link.close()
    return await arrival
  } finally {
    await stopSpeaker(folder, realClock())
  }
}

async function tell(link: Link, line: string): Promise<void> {
  const reply = await link.request('c', `local ${line}`, 60_000)
  if (reply !== 'done') throw new Error(`ExaBGP answered ${reply ?? 'nothing'} to a line of routes`)
}

function bulkLines(attributes: string, routes: number): string[] {
  return Array.from({ length: Math.ceil(routes / AT_ONCE) }, (_, line) => {
    const count = Math.min(AT_ONCE, routes - line * AT_ONCE)
    const prefixes = Array.from({ length: count }, (_, at) => `${hostAddress(line * AT_ONCE + at, 'own')}/32`)
    return `announce attributes ${attributes} nlri ${prefixes.join(' ')}`
  })
}

function environment(folder: string): AdapterEnv {
  return {
    device: 'bulk',
    clock: realClock(),
    log: SILENT,
    runtimeFolder: folder,
    secret: async () => '',
    remember: async () => {},
    recall: () => undefined,
  }
}
