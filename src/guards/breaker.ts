import type { Limits } from './limits.ts'

/** Stands for all sources together; no token has such an id. */
export const ALL_SOURCES = '*'

/** Times in their order, of which those before `first` are forgotten. */
interface Times {
  all: number[]
  first: number
}

/** Attempts of automatic sources in the last hour, one list of times for each. Refused attempts count too. */
export class AttemptLog {
  readonly #times = new Map<string, Times>()
  readonly #attacks = new Map<string, number>()

  /**
   * Notes an attempt. Several victims of one named attack count once. @param alone the source is stopped already: it counts
   * for itself alone, so that a noisy one does not stop the others
   */
  note(source: string, now: number, attack?: string, alone = false): void {
    this.#dropOld(now)
    if (attack !== undefined) {
      const key = `${source} ${attack}`
      if (this.#attacks.has(key)) return
      this.#attacks.set(key, now)
    }
    for (const who of alone ? [source] : [source, ALL_SOURCES]) {
      const times = this.#times.get(who)
      if (times === undefined) this.#times.set(who, { all: [now], first: 0 })
      else times.all.push(now)
    }
  }

  /** Attempts of a source, or of all of them, within the last `ms`. */
  within(source: string, now: number, ms: number): number {
    const times = this.#times.get(source)
    return times === undefined ? 0 : times.all.length - firstAfter(times, now - ms)
  }

  /** When the first of the attempts within the last `ms` counts no more; `undefined` when there are none. */
  freeAt(source: string, now: number, ms: number): number | undefined {
    const times = this.#times.get(source)
    const first = times?.all[firstAfter(times, now - ms)]
    return first === undefined ? undefined : first + ms
  }

  #dropOld(now: number): void {
    for (const [source, times] of this.#times) {
      const { all } = times
      while (times.first < all.length && (all[times.first] ?? 0) <= now - HOUR) times.first += 1
      if (times.first === all.length) this.#times.delete(source)
      // Seldom, so that a source that never stops costs the same at each attempt.
      else if (times.first > all.length / 2)
        this.#times.set(source, { all: all.slice(times.first), first: 0 })
    }
    for (const [key, time] of this.#attacks) {
      if (time > now - HOUR) break
      this.#attacks.delete(key)
    }
  }
}

/** Where the times after this one begin. After a clock was stepped back, what came last is among them all the same. */
function firstAfter({ all, first }: Times, time: number): number {
  let [low, high] = [first, all.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((all[middle] ?? 0) > time) high = middle
    else low = middle + 1
  }
  return low
}

export const MINUTE = 60_000
export const HOUR = 3_600_000

/** A department that the block is in. */
export interface DepartmentHit {
  readonly name: string
  readonly users: number
  /** Its hosts that are blocked automatically. */
  readonly blocked: number
  /** Those that the block adds. */
  readonly adds: number
}

/** What automatic sources have in force, the block in question not included. */
export interface AutomaticLoad {
  /** Of the source that asks. */
  readonly sourceHosts: number
  /** Of all sources. */
  readonly hosts: number
  readonly departments: readonly DepartmentHit[]
}

/** A breaker by its name (`all`, `source:TOKEN`, `department:NAME`), and the limit that this attempt goes beyond. */
export interface Trip {
  readonly breaker: string
  readonly limit: string
}

/** The breakers that decide about a block of this source in these departments. */
export function breakersOf(source: string, departments: readonly string[]): string[] {
  return ['all', sourceBreaker(source), ...departments.map(departmentBreaker)]
}

export function sourceBreaker(source: string): string {
  return `source:${source}`
}

function departmentBreaker(name: string): string {
  return `department:${name}`
}

/** The breakers that this attempt trips. */
export function tripsOf(
  source: string,
  attempts: AttemptLog,
  load: AutomaticLoad,
  now: number,
  { breaker: most }: Limits,
): Trip[] {
  const ofSource =
    tooFast(attempts, source, now, most.perMinute, most.perHour) ??
    tooMany(load.sourceHosts + 1, most.hosts, 'hosts blocked by one source')
  const ofAll =
    tooFast(attempts, ALL_SOURCES, now, most.allPerMinute, most.allPerHour) ??
    tooMany(load.hosts + 1, most.allHosts, 'hosts blocked automatically')
  return [
    ...(ofSource === undefined ? [] : [{ breaker: sourceBreaker(source), limit: ofSource }]),
    ...load.departments.flatMap((department) => {
      const limit = tooMuchOf(department, most)
      return limit === undefined ? [] : [{ breaker: departmentBreaker(department.name), limit }]
    }),
    ...(ofAll === undefined ? [] : [{ breaker: 'all', limit: ofAll }]),
  ]
}

function tooFast(
  attempts: AttemptLog,
  source: string,
  now: number,
  perMinute: number,
  perHour: number,
): string | undefined {
  const minute = attempts.within(source, now, MINUTE)
  if (minute > perMinute) return `${minute} attempts in a minute; the limit is ${perMinute}`
  const hour = attempts.within(source, now, HOUR)
  return hour > perHour ? `${hour} attempts in an hour; the limit is ${perHour}` : undefined
}

function tooMany(count: number, most: number, what: string): string | undefined {
  return count > most ? `${count} ${what}; the limit is ${most}` : undefined
}

function tooMuchOf(
  { name, users, blocked, adds }: DepartmentHit,
  most: Limits['breaker'],
): string | undefined {
  const { departmentHosts, departmentShare } = most
  const hosts = blocked + adds
  if (hosts > departmentHosts)
    return `${hosts} hosts in department ${name} blocked automatically; the limit is ${departmentHosts}`
  if (hosts > mostInDepartment(users, most))
    return `${hosts} of ${users} in department ${name} blocked automatically; the limit is ${departmentShare * 100} %`
  return undefined
}

/** Hosts that automatic blocks may hit at once of a department with so many users; 0 users, nobody said how many they are. */
export function mostInDepartment(
  users: number,
  { departmentHosts, departmentShare }: Limits['breaker'],
): number {
  if (users === 0) return departmentHosts
  return Math.min(departmentHosts, Math.max(1, Math.floor(users * departmentShare)))
}
