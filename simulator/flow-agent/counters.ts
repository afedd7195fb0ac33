import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { limitChain, ruleChain, TABLE } from './table.ts'

export interface Count {
  readonly packets: number
  readonly bytes: number
}

/** What met a rule, and of that what was dropped. */
export interface RuleCount {
  readonly met: Count
  readonly dropped: Count
}

const run = promisify(execFile)
const NONE: Count = { packets: 0, bytes: 0 }

interface ListedRule {
  readonly chain: string
  readonly expr: readonly Readonly<Record<string, unknown>>[]
}

/** The kernel's counters, by the ids of rules and by the addresses of blackholes. */
export async function readCounters(): Promise<{
  rule(id: number): RuleCount
  blackhole(address: string): Count
}> {
  const { stdout } = await run('nft', ['-j', '-n', 'list', 'table', ...TABLE.split(' ')], {
    maxBuffer: 1 << 28,
  })
  const { nftables } = JSON.parse(stdout) as { nftables: { rule?: ListedRule; set?: { elem?: unknown[] } }[] }
  const rules = nftables.flatMap(({ rule }) => rule ?? [])
  const elements = new Map(nftables.flatMap(({ set }) => set?.elem ?? []).flatMap(elementOf))
  const sum = (chosen: readonly ListedRule[]): Count => chosen.map(countOf).reduce(plus, NONE)
  return {
    rule(id) {
      const own = rules.filter(({ chain }) => chain === ruleChain(id))
      const limit = rules.filter(({ chain }) => chain === limitChain(id))
      const drops = [...own, ...limit].filter(({ expr }) => expr.some((one) => 'drop' in one))
      return { met: sum(own), dropped: sum(drops) }
    },
    blackhole: (address) => elements.get(address) ?? NONE,
  }
}

function plus(a: Count, b: Count): Count {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes }
}

function countOf({ expr }: ListedRule): Count {
  const found = expr.find((one) => 'counter' in one)?.['counter']
  return isCount(found) ? found : NONE
}

function elementOf(value: unknown): [string, Count][] {
  if (typeof value !== 'object' || value === null || !('elem' in value)) return []
  const { elem } = value as { elem: { val?: unknown; counter?: unknown } }
  return typeof elem.val === 'string' && isCount(elem.counter) ? [[elem.val, elem.counter]] : []
}

function isCount(value: unknown): value is Count {
  return typeof value === 'object' && value !== null && 'packets' in value && 'bytes' in value
}
