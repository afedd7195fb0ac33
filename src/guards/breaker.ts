import type { Limits } from './limits.ts'

/** Attempts of automatic sources in the last hour, one list of times for each. Refused attempts count too. */
export class AttemptLog {
  readonly #times = new Map<string, number[]>()
  readonly #attacks = new Map<string, number>()

  /** Notes an attempt. Several victims of one named attack count once. */
  note(source: string, now: number, attack?: string): void {
    this.#dropOld(now)
    if (attack !== undefined) {
      const key = `${source} ${attack}`
      if (this.#attacks.has(key)) return
      this.#attacks.set(key, now)
    }
    const times = this.#times.get(source)
    if (times === undefined) this.#times.set(source, [now])
    else times.push(now)
  }

  /** Attempts of a source within the last `ms`. */
  within(source: string, now: number, ms: number): number {
    const times = this.#times.get(source) ?? []
    let count = 0
    for (let index = times.length - 1; index >= 0 && (times[index] ?? 0) > now - ms; index -= 1) count += 1
    return count
  }

  #dropOld(now: number): void {
    for (const [source, times] of this.#times) {
      // Oldest first: a source that never stops costs one look, not one for each of its attempts.
      const kept = times.findIndex((time) => time > now - HOUR)
      if (kept < 0) this.#times.delete(source)
      else if (kept > 0) this.#times.set(source, times.slice(kept))
    }
    for (const [key, time] of this.#attacks) {
      if (time > now - HOUR) break
      this.#attacks.delete(key)
    }
  }
}

const MINUTE = 60_000
const HOUR = 3_600_000

/** What automatic sources have in force, the block in question not included. */
export interface AutomaticLoad {
  readonly hosts: number
  /** The department that the block is in, with the users it has and its hosts that are blocked automatically. */
  readonly departments: readonly { readonly name: string; readonly users: number; readonly blocked: number }[]
}

/** Name of the limit that this attempt goes beyond, or `undefined`. */
export function limitReached(
  source: string,
  attempts: AttemptLog,
  load: AutomaticLoad,
  now: number,
  { breaker }: Limits,
): string | undefined {
  const minute = attempts.within(source, now, MINUTE)
  if (minute > breaker.perMinute) return `${minute} attempts in a minute; the limit is ${breaker.perMinute}`
  const hour = attempts.within(source, now, HOUR)
  if (hour > breaker.perHour) return `${hour} attempts in an hour; the limit is ${breaker.perHour}`
  if (load.hosts + 1 > breaker.hosts)
    return `${load.hosts + 1} hosts blocked automatically; the limit is ${breaker.hosts}`
  for (const { name, users, blocked } of load.departments) {
    if (users > 0 && blocked + 1 > Math.max(1, users * breaker.departmentShare)) {
      return `${blocked + 1} of ${users} in department ${name} blocked automatically; the limit is ${breaker.departmentShare * 100} %`
    }
  }
  return undefined
}
