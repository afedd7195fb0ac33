import { measureLatency } from '../lab/latency.ts'
import type { Figure } from './figures.ts'
import type { Bench } from './suite.ts'

/** From the request until packets stop, and flow again, in the simulated campus; and the same by hand beside it. */
export async function lab(bench: Bench): Promise<readonly Figure[]> {
  const rounds = bench.count(100)
  bench.say(`${rounds} rounds through the simulated routers`)
  const figures = await measureLatency({ rounds, program: bench.program })
  return figures.map(({ name, n, value }) => ({ name, n, value: value.p50, spread: value }))
}
