import fc from 'fast-check'
import type { BlockSpec } from '../../src/domain/block.ts'
import { type BlockRequest, readBlockSpec } from '../../src/domain/block-request.ts'
import type { PacketMatch } from '../../src/domain/match.ts'
import { parsePrefix, prefixContains } from '../../src/domain/prefix.ts'
import type { InventoryLists } from '../../src/inventory/inventory.ts'
import { SPACE } from '../contract/arbitraries.ts'
import { prefixes } from './inventory.ts'

/** Own space in several aggregates, beside the networks of the attackers below. */
export const BLOCK_SITE: Partial<InventoryLists> = {
  own: [...Object.values(SPACE), ...prefixes('192.0.2.0/24', '203.0.113.0/25', '2001:db8:100::/40')],
  departments: [
    { name: 'physics', prefixes: prefixes('198.18.0.0/24', '2001:2::/64'), users: 100 },
    { name: 'history', prefixes: prefixes('198.18.1.0/28'), users: 10 },
  ],
  connections: [
    { name: 'museum', prefixes: prefixes('203.0.113.8/29'), attachments: [] },
    { name: 'clinic', prefixes: prefixes('2001:db8:101::/48'), attachments: [] },
  ],
}

const NARROW: readonly Record<string, string>[] = [
  { protocol: 'udp' },
  { protocol: 'udp', sourcePort: '53,123' },
  { protocol: 'udp', destinationPort: '80-90' },
  { tcpFlags: 'syn&!ack' },
  { packetLength: '1000-1500' },
]
const VICTIMS = ['198.18.0.7', '198.18.0.0/28', '2001:2::7']
const ATTACKERS = ['198.51.100.7', '198.51.100.0/24', '2001:db8:f00::7']

/** Limits and drops of victims and of who attacks them, which meet in many ways. */
export const attackSpecs: fc.Arbitrary<BlockSpec> = fc
  .record({
    end: fc.constantFrom(
      ...VICTIMS.map((target) => ({ target, direction: 'to' }) as const),
      ...ATTACKERS.map((target) => ({ target, direction: 'from' }) as const),
    ),
    match: fc.option(fc.constantFrom(...NARROW), { nil: undefined }),
    action: fc.constantFrom('drop' as const, 'drop' as const, { rateLimit: 4_096 }, { mark: 8 }),
  })
  .map(
    ({ end, match, action }): BlockRequest => ({ ...end, action, ...(match === undefined ? {} : { match }) }),
  )
  .map((request) => readBlockSpec(request, () => false))

/** A limit of what goes to a victim, and a drop of who attacks it: a rule for what is in both has to stand beside them. */
export const meetingSpecs: fc.Arbitrary<BlockSpec[]> = fc
  .tuple(fc.constantFrom(0, 2), fc.constantFrom(...NARROW.slice(0, 2)))
  .map(([at, match]): BlockRequest[] => [
    { target: VICTIMS[at] ?? '', direction: 'to', action: { rateLimit: 4_096 }, match },
    { target: ATTACKERS[at] ?? '', direction: 'from' },
  ])
  .map((requests) => requests.map((request) => readBlockSpec(request, () => false)))

/** Whether a rule of a source has got a destination that nobody asked for, one of own space's aggregates. */
export function isExpanded({ destination, source }: PacketMatch): boolean {
  if (destination === undefined || source === undefined) return false
  const isAttacker = ATTACKERS.some((one) => prefixContains(parsePrefix(one), source))
  return isAttacker && (BLOCK_SITE.own ?? []).includes(destination)
}
