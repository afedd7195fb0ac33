import type { Rule } from '../../src/domain/rule.ts'
import { noBird } from '../helpers/bird.ts'
import type { BirdChannel } from '../helpers/bird-count.ts'
import { noGobgp } from '../helpers/gobgp.ts'
import { noSpeaker } from '../helpers/speaker.ts'
import { type Delays, measureDelays } from './bgp-delay.ts'
import { type Filling, measureFilling } from './bgp-fill.ts'
import { blackholes, flows } from './bgp-rules.ts'
import type { Figure } from './figures.ts'
import { median, spreadOf } from './statistics.ts'
import { type Bench, REPETITIONS } from './suite.ts'
import { tellByAdapter, tellByHand } from './tellers.ts'
import { WATCHED, type WatchedRouter } from './watched-router.ts'

/** The exabgp adapter and the witnesses with real routers on the loopback; each beside the same by hand. */
export async function bgp(bench: Bench): Promise<readonly Figure[]> {
  const missing = noBird() || noGobgp() || noSpeaker()
  if (missing !== false) throw new Error(missing)
  const figures: Figure[] = []
  figures.push(...(await fill(bench, 'flow', '10k', 'flow4', flows(bench.quick ? 1_000 : 10_000))))
  figures.push(...(await fill(bench, 'rtbh', '100k', 'ipv4', blackholes(bench.quick ? 5_000 : 100_000))))
  for (const [name, start] of Object.entries(WATCHED)) figures.push(...(await delays(bench, name, start)))
  return figures
}

interface Pair {
  readonly ours: Filling
  readonly byHand: Filling
}

async function fill(
  { say }: Bench,
  kind: 'flow' | 'rtbh',
  size: string,
  channel: BirdChannel,
  rules: readonly Rule[],
): Promise<Figure[]> {
  say(
    `${rules.length} ${kind} routes to BIRD and away, by adapter and by hand in turns, ${REPETITIONS} times`,
  )
  const pairs: Pair[] = []
  const ours = (): Promise<Filling> => measureFilling(tellByAdapter, channel, rules)
  const byHand = (): Promise<Filling> => measureFilling(tellByHand, channel, rules)
  for (let count = 0; count < REPETITIONS; count += 1) pairs.push(await inTurns(ours, byHand, count))
  const of = (name: string, pick: (pair: Pair) => number): Figure => {
    const runs = pairs.map(pick)
    return { name, n: rules.length, value: median(runs), runs }
  }
  return (['add', 'withdraw'] as const).flatMap((verb) => [
    of(`bgp.${kind}.${verb}.${size}`, ({ ours }) => ours[verb]),
    of(`bgp.byhand.${kind}.${verb}.${size}`, ({ byHand }) => byHand[verb]),
    of(`bgp.${kind}.${verb}.ratio.${size}`, ({ ours, byHand }) => ours[verb] / byHand[verb]),
  ])
}

/** The other one begins each time. */
async function inTurns(
  ours: () => Promise<Filling>,
  byHand: () => Promise<Filling>,
  count: number,
): Promise<Pair> {
  if (count % 2 === 0) return { ours: await ours(), byHand: await byHand() }
  const first = await byHand()
  return { ours: await ours(), byHand: first }
}

async function delays(
  { say, count }: Bench,
  router: string,
  start: () => Promise<WatchedRouter>,
): Promise<Figure[]> {
  const n = count(200)
  say(`${n} single blackholes to ${router}, through the witness and by hand in turns, ${REPETITIONS} times`)
  const found: Delays[] = []
  for (let round = 0; round < REPETITIONS; round += 1) found.push(await measureDelays(start, n))
  const of = (name: string, which: keyof Delays): Figure => {
    const all = found.flatMap((one) => one[which])
    const spread = spreadOf(all)
    return { name, n: all.length, value: spread.p50, spread, runs: found.map((one) => median(one[which])) }
  }
  const total = of(`bgp.witness.total.${router}`, 'total')
  const byHand = of(`bgp.byhand.delay.${router}`, 'byHand')
  return [
    of(`bgp.witness.delay.${router}`, 'delay'),
    total,
    byHand,
    {
      name: `bgp.witness.ratio.${router}`,
      n: total.n + byHand.n,
      value: total.value / byHand.value,
      runs: found.map((one) => median(one.total) / median(one.byHand)),
      note: 'of the medians, from the announcement on both sides',
    },
  ]
}
