import type { BlockCreated } from './events.ts'
import { ownerOf, type State } from './state.ts'

const HOUR = 3_600_000

/** Hours of which it is known what was blocked of own space. */
const HOURS_KEPT = 24

/** Notes what a block, which nobody else agreed to, hits of own space. */
export function noteOwnHosts(state: State, { origin, ownHosts }: BlockCreated, at: number): void {
  const who = ownerOf(state, origin.token)
  const hour = Math.floor(at / HOUR)
  const kept = (state.lately.get(who) ?? []).filter((one) => one.hour > hour - HOURS_KEPT)
  const last = kept.at(-1)
  const hosts = last?.hour === hour ? last.hosts + ownHosts : ownHosts
  state.lately.set(who, [...kept.filter((one) => one.hour !== hour), { hour, hosts }])
}

/** Notes that a person let something begin that others had to agree to. */
export function noteEmergency(state: State, { origin, emergency }: BlockCreated, at: number): void {
  if (emergency !== true) return
  const who = ownerOf(state, origin.token)
  state.emergencies.set(who, [...emergenciesLately(state, who, at), at])
}

/** When one has done so within the last day. */
export function emergenciesLately(state: Readonly<State>, who: string, now: number): readonly number[] {
  return (state.emergencies.get(who) ?? []).filter((at) => at > now - HOURS_KEPT * HOUR)
}

/** Hosts of own space that one has blocked within the last day, by themselves. */
export function ownHostsLately(state: Readonly<State>, who: string, now: number): number {
  const hour = Math.floor(now / HOUR)
  return (state.lately.get(who) ?? []).reduce(
    (sum, one) => (one.hour > hour - HOURS_KEPT ? sum + one.hosts : sum),
    0,
  )
}

/** When some of what one has blocked within the last day no longer counts; `undefined` when nothing does. */
export function ownHostsFreeAt(state: Readonly<State>, who: string, now: number): number | undefined {
  const hour = Math.floor(now / HOUR)
  const first = (state.lately.get(who) ?? []).find((one) => one.hour > hour - HOURS_KEPT && one.hosts > 0)
  return first === undefined ? undefined : (first.hour + HOURS_KEPT) * HOUR
}

/** When one may break the glass once more than now; `undefined` when none counts. */
export function emergencyFreeAt(state: Readonly<State>, who: string, now: number): number | undefined {
  const [first] = emergenciesLately(state, who, now)
  return first === undefined ? undefined : first + HOURS_KEPT * HOUR
}
