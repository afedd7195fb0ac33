import type { Block } from '../domain/block.ts'
import { type Prefix, prefixFamily, prefixLength, widenPrefix } from '../domain/prefix.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { State } from '../ledger/state.ts'
import type { Aggregate, Policy } from '../policy/compile.ts'
import { blocksOnOf } from './load.ts'

/** Hosts that a rule has blocked for a source, counted by the networks that it would block as one. */
export interface Neighbours {
  /** @param rule as blocks name it, `policy/rule` */
  count(token: string, rule: string, network: Prefix): number
}

/** The network that a host is in, as far as its rule blocks it as one. */
export function networkOf(
  aggregate: Aggregate,
  host: Prefix,
): { network: Prefix; hosts: number } | undefined {
  const most = aggregate[prefixFamily(host) === 4 ? 'ipv4' : 'ipv6']
  if (most === undefined || prefixLength(host) < most.length) return undefined
  return { network: widenPrefix(host, most.length), hosts: most.hosts }
}

/** Counts what is on, and follows the head from here on. */
export function followNeighbours(ledger: Ledger, policies: readonly Policy[]): Neighbours {
  const { head } = ledger
  const counted = new NeighbourCount(policies)
  counted.addAll(head)
  ledger.watchHead({
    before: (event) => counted.change(head, event, 'remove'),
    after: (event) => counted.change(head, event, 'add'),
  })
  return counted
}

/** The same, to be kept in step by whoever folds. */
export class NeighbourCount implements Neighbours {
  readonly #rules: ReadonlyMap<string, Aggregate>
  readonly #networks = new Map<string, Map<Prefix, number>>()

  constructor(policies: readonly Policy[]) {
    this.#rules = aggregatingRules(policies)
  }

  addAll({ blocks }: Readonly<State>): void {
    if (this.#rules.size === 0) return
    for (const block of blocks.values()) if (block.wanted === 'on') this.#put(block, 1)
  }

  /** Takes what is on of an event's blocks out, before it is folded, or puts it in, afterwards. */
  change(head: Readonly<State>, event: LedgerEvent, what: 'add' | 'remove'): void {
    if (this.#rules.size === 0) return
    for (const block of blocksOnOf(head, event)) this.#put(block, what === 'add' ? 1 : -1)
  }

  count(token: string, rule: string, network: Prefix): number {
    const hosts = this.#networks.get(keyOf(token, rule, network))
    if (hosts === undefined) return 0
    // What is blocked as one already stands for a host each time.
    const whole = hosts.get(network)
    return whole === undefined ? hosts.size : hosts.size - 1 + whole
  }

  #put({ origin, policy, target }: Block, by: 1 | -1): void {
    const aggregate = this.#rules.get(policy)
    if (aggregate === undefined || target.kind !== 'host') return
    const { prefix } = target
    const found = networkOf(aggregate, prefix)
    if (found === undefined) return
    const key = keyOf(origin.token, policy, found.network)
    const hosts = this.#networks.get(key) ?? new Map<Prefix, number>()
    const blocks = (hosts.get(prefix) ?? 0) + by
    if (blocks > 0) this.#networks.set(key, hosts.set(prefix, blocks))
    else if (hosts.delete(prefix) && hosts.size === 0) this.#networks.delete(key)
  }
}

function keyOf(token: string, rule: string, network: Prefix): string {
  return `${token} ${rule} ${network}`
}

function aggregatingRules(policies: readonly Policy[]): ReadonlyMap<string, Aggregate> {
  return new Map(
    policies.flatMap(({ name, rules }) =>
      rules.flatMap(({ name: rule, block }) =>
        block?.aggregate === undefined ? [] : [[`${name}/${rule}`, block.aggregate] as const],
      ),
    ),
  )
}
