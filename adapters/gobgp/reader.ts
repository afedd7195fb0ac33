import type { Family } from '../../src/domain/prefix.ts'
import { ruleFamily } from '../../src/domain/rule.ts'
import { ask } from '../transport/ask.ts'
import type { Watched } from '../witnessing/expectations.ts'
import { seeFlows } from '../witnessing/flow-sights.ts'
import type { Reader, See } from '../witnessing/looking.ts'
import { flowsIn, isSelected, type Rib, readRib } from './rib.ts'

/** Above this many at a time, one listing costs less than single questions, each of which starts a program. */
const MANY = 10

export interface GobgpPlace {
  readonly binary: string
  readonly host: string
  readonly port: number
  readonly neighbour: string | undefined
}

/** Looks into GoBGP's global table by its own command-line tool. */
export class GobgpReader implements Reader {
  readonly isOpen = true
  readonly #place: GobgpPlace
  readonly #over = new AbortController()

  constructor(place: GobgpPlace) {
    this.#place = place
  }

  onClose(): void {
    // There is no connection that could be lost: each question makes its own.
  }

  close(): void {
    this.#over.abort()
  }

  async look(watched: readonly Watched[], see: See): Promise<void> {
    if (watched.length === 0) await this.#ask('global')
    for (const family of [4, 6] as const) {
      const some = watched.filter(({ rule }) => ruleFamily(rule) === family)
      await this.#lookAtRoutes(
        family,
        some.filter(({ rule }) => 'prefix' in rule),
        see,
      )
      await this.#lookAtFlows(
        family,
        some.filter(({ rule }) => 'match' in rule),
        see,
      )
    }
  }

  async #lookAtRoutes(family: Family, watched: readonly Watched[], see: See): Promise<void> {
    const whole = watched.length > MANY ? await this.#rib(`ipv${family}`) : undefined
    for (const one of watched) {
      const rib = whole ?? (await this.#rib(`ipv${family}`, one.slot))
      see(one, isSelected(rib[one.slot], this.#place.neighbour), missing(rib[one.slot] !== undefined))
    }
  }

  async #lookAtFlows(family: Family, watched: readonly Watched[], see: See): Promise<void> {
    if (watched.length === 0) return
    const rib = await this.#rib(`ipv${family}-flowspec`)
    seeFlows(watched, flowsIn(rib, family, this.#place.neighbour), see)
  }

  async #rib(family: string, ...prefix: readonly string[]): Promise<Rib> {
    return readRib(await this.#ask('global', 'rib', ...prefix, '-a', family))
  }

  #ask(...words: readonly string[]): Promise<string> {
    const { binary, host, port } = this.#place
    return ask(binary, ['-u', host, '-p', String(port), '-j', ...words], this.#over.signal)
  }
}

function missing(isThere: boolean): string {
  return isThere ? "there, and another neighbour's route was preferred" : 'not in its global table'
}
