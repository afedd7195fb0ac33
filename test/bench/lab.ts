import { measureBackbone } from '../lab/backbone-latency.ts'
import { measureCampus } from '../lab/latency.ts'
import type { Latency } from '../lab/rounds.ts'
import type { Figure } from './figures.ts'
import type { Bench } from './suite.ts'

/** From the request until packets stop, and flow again, in the simulated campus; and the same by hand beside it. */
export async function lab({ program, say, count }: Bench): Promise<readonly Figure[]> {
  const rounds = count(100)
  say(`${rounds} rounds through the routers of the campus`)
  return (await measureCampus({ rounds, program })).map(figureOf)
}

/** The same on the backbone, through each of its three kinds of router alone. */
export async function labBackbone({ program, say, count }: Bench): Promise<readonly Figure[]> {
  const rounds = count(100)
  say(`${rounds} rounds through each router of the backbone`)
  return (await measureBackbone({ rounds, program })).map(figureOf)
}

function figureOf({ name, n, spread }: Latency): Figure {
  return { name, n, value: spread.p50, spread }
}
