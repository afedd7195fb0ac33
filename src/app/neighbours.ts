import type { Block } from '../domain/block.ts'
import { type Prefix, prefixFamily, prefixLength, widenPrefix } from '../domain/prefix.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
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
  const rules = aggregatingRules(policies)
  const networks = new Map<string, Map<Prefix, number>>()
  const change = (block: Block, by: 1 | -1): void => {
    const aggregate = rules.get(block.policy)
    if (aggregate === undefined || block.target.kind !== 'host') return
    const { prefix } = block.target
    const found = networkOf(aggregate, prefix)
    if (found === undefined) return
    const key = keyOf(block.origin.token, block.policy, found.network)
    const hosts = networks.get(key) ?? new Map<Prefix, number>()
    const blocks = (hosts.get(prefix) ?? 0) + by
    if (blocks > 0) networks.set(key, hosts.set(prefix, blocks))
    else if (hosts.delete(prefix) && hosts.size === 0) networks.delete(key)
  }
  if (rules.size > 0) {
    for (const block of ledger.head.blocks.values()) if (block.wanted === 'on') change(block, 1)
    const each = (event: LedgerEvent, by: 1 | -1): void => {
      for (const block of blocksOnOf(ledger.head, event)) change(block, by)
    }
    ledger.watchHead({ before: (event) => each(event, -1), after: (event) => each(event, 1) })
  }
  return {
    count(token, rule, network) {
      const hosts = networks.get(keyOf(token, rule, network))
      if (hosts === undefined) return 0
      // What is blocked as one already stands for a host each time.
      const whole = hosts.get(network)
      return whole === undefined ? hosts.size : hosts.size - 1 + whole
    },
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
