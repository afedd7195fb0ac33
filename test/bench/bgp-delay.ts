import { setTimeout as pause } from 'node:timers/promises'
import type { WitnessSession } from '../../adapters/witness.ts'
import type { BlackholeRule } from '../../src/domain/rule.ts'
import { blackhole } from './bgp-rules.ts'
import { hostAddress } from './requests.ts'
import { tellByAdapter, tellByHand } from './tellers.ts'
import type { WatchedRouter } from './watched-router.ts'

/** Milliseconds, one of each for an announcement. */
export interface Delays {
  /** From `apply` resolved to `seen`. */
  readonly delay: number[]
  /** From `apply` called to `seen`. */
  readonly total: number[]
  /** From written into the pipe until a look at the router, which is not the witness's, has found it. */
  readonly byHand: number[]
}

/** One announcement by its number, and what it took. */
type Once<T> = (index: number) => Promise<T>

const WARM_UP = 20
/** Announcements are apart, so that none waits for the one before. */
const APART_MS = 5
const DEADLINE_MS = 30_000

/** Measures single announcements to two routers of a kind in turns: through adapter and witness, and by hand. */
export async function measureDelays(start: () => Promise<WatchedRouter>, n: number): Promise<Delays> {
  const ends: (() => Promise<void>)[] = []
  try {
    const own = await started(start, ends)
    const other = await started(start, ends)
    const ours = await adapterSide(own, ends)
    const theirs = await handSide(other, ends)
    const found: Delays = { delay: [], total: [], byHand: [] }
    for (let index = -WARM_UP; index < n; index += 1) {
      const { delay, total } = await ours(index + WARM_UP)
      await pause(APART_MS)
      const byHand = await theirs(index + WARM_UP)
      await pause(APART_MS)
      if (index < 0) continue
      found.delay.push(delay)
      found.total.push(total)
      found.byHand.push(byHand)
    }
    return found
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

type Ends = (() => Promise<void>)[]

async function started(start: () => Promise<WatchedRouter>, ends: Ends): Promise<WatchedRouter> {
  const router = await start()
  ends.push(() => router.dispose())
  return router
}

/** As the engine does it: a rule is expected of the witness once it is acknowledged. */
async function adapterSide(
  router: WatchedRouter,
  ends: Ends,
): Promise<Once<{ delay: number; total: number }>> {
  const teller = await tellByAdapter(router)
  ends.push(() => teller.stop())
  const witness = await router.watch(teller.env)
  await router.established()
  return async (index) => {
    const rule = blackhole(index)
    const asked = performance.now()
    await teller.announce([rule])
    const acknowledged = performance.now()
    const seen = await seenBy(witness, rule)
    return { delay: seen - acknowledged, total: seen - asked }
  }
}

async function handSide(router: WatchedRouter, ends: Ends): Promise<Once<number>> {
  const teller = tellByHand(router)
  ends.push(() => teller.stop())
  await router.established()
  return async (index) => {
    const rule = blackhole(index)
    const written = performance.now()
    const [at] = await Promise.all([router.look(hostAddress(index, 'own')), teller.announce([rule])])
    return at - written
  }
}

function seenBy(witness: WitnessSession, rule: BlackholeRule): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the witness does not see ${rule.prefix}: ${witness.whyNot?.(rule.key)}`)),
      DEADLINE_MS,
    )
    witness.watch([{ rule, present: true }], ({ key, present }) => {
      if (key !== rule.key || !present) return
      clearTimeout(late)
      resolve(performance.now())
    })
  })
}
