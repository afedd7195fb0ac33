import type { Family } from '../../src/domain/prefix.ts'
import { ruleFamily } from '../../src/domain/rule.ts'
import { ask } from '../transport/ask.ts'
import type { Watched } from '../witnessing/expectations.ts'
import { seeFlows } from '../witnessing/flow-sights.ts'
import type { Reader, See } from '../witnessing/looking.ts'
import { readFlows } from './flow.ts'
import { type Found, readListing } from './listing.ts'

/** Above this many at a time, one listing costs less than single questions. */
const MANY = 50

export interface FrrPlace {
  /** What runs vtysh there: its file and the words before the commands. */
  readonly file: string
  readonly words: readonly string[]
  readonly neighbour: string | undefined
}

/** Looks into FRR's tables by its own shell. */
export class FrrReader implements Reader {
  readonly isOpen = true
  readonly #place: FrrPlace
  readonly #over = new AbortController()

  constructor(place: FrrPlace) {
    this.#place = place
  }

  onClose(): void {
    // There is no connection that could be lost: each question makes its own.
  }

  close(): void {
    this.#over.abort()
  }

  async look(watched: readonly Watched[], see: See): Promise<void> {
    // That zebra and bgpd answer is to be known also while nothing is expected.
    if (watched.length === 0)
      await this.#ask('show bgp ipv4 unicast 192.0.2.0/32 json', ...zebra(4, '192.0.2.0/32'))
    for (const family of [4, 6] as const) {
      const some = watched.filter(({ rule }) => ruleFamily(rule) === family)
      const routes = some.filter(({ rule }) => 'prefix' in rule)
      const flows = some.filter(({ rule }) => 'match' in rule)
      if (routes.length > 0) await this.#lookAtRoutes(family, routes, see)
      if (flows.length === 0) continue
      const text = await this.#ask(`show bgp ipv${family} flowspec detail`)
      seeFlows(flows, readFlows(family, text), see)
    }
  }

  async #lookAtRoutes(family: Family, watched: readonly Watched[], see: See): Promise<void> {
    const bgp = `show bgp ipv${family} unicast`
    const prefixes = watched.length > MANY ? [''] : new Set(watched.map(({ slot }) => slot))
    const commands = [...prefixes].flatMap((prefix) => [
      ...zebra(family, prefix),
      prefix === '' ? `${bgp} json` : `${bgp} ${prefix} json`,
    ])
    const found = readListing(await this.#ask(...commands))
    for (const one of watched) {
      const why = this.#whyNot(found.get(one.slot))
      see(one, why === undefined, why)
    }
  }

  /** Why a route is not the speaker's blackhole; undefined when it is. */
  #whyNot(found: Found | undefined): string | undefined {
    const { neighbour } = this.#place
    if (found === undefined || (!found.isReceived && !found.isRouted))
      return 'not received, or refused by its import policy'
    if (neighbour !== undefined && found.selectedFrom !== neighbour)
      return found.selectedFrom === undefined
        ? 'received, and bgpd selects none of the paths'
        : `another neighbour's route is preferred, that of ${found.selectedFrom}`
    if (found.isBlackholed) return undefined
    return found.isRouted
      ? 'accepted, and zebra has it as no blackhole: is its next hop discarded?'
      : 'accepted, and zebra has not taken it: does its next hop resolve?'
  }

  #ask(...commands: readonly string[]): Promise<string> {
    const { file, words } = this.#place
    return ask(file, [...words, ...commands.flatMap((command) => ['-c', command])], this.#over.signal)
  }
}

function zebra(family: Family, prefix: string): string[] {
  return [`show ${family === 4 ? 'ip' : 'ipv6'} route ${prefix === '' ? 'bgp' : prefix} json`]
}
