import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { whyUnsupported } from '../../adapters/memory/support.ts'
import type { BlockSpec, Collateral } from '../../src/domain/block.ts'
import { matchText } from '../../src/domain/match.ts'
import { isHostPrefix } from '../../src/domain/prefix.ts'
import {
  buildInventory,
  type InventoryLists,
  isOwn,
  type ProtectedEntry,
} from '../../src/inventory/inventory.ts'
import { type Placement, place } from '../../src/placement/place.ts'
import { arbitrarySpec, BY_HAND } from '../helpers/blocks.ts'
import { arbitrarySite, type Site } from '../helpers/inventory.ts'
import { isKept, type Packet, ruleMatches, textMatches } from '../helpers/packet-matcher.ts'
import { packetsNear } from '../helpers/packets.ts'
import { holds } from '../helpers/property.ts'
import { readRuleKey } from '../helpers/rule-text.ts'

const RUNS = 600

interface Case {
  readonly site: Site
  readonly spec: BlockSpec
  readonly placement: Placement
  readonly packets: readonly Packet[]
}

/** Packets on the edges of what was placed and of what the block names. */
const cases: fc.Arbitrary<Case> = fc
  .tuple(arbitrarySite(), arbitrarySpec())
  .chain(([site, spec]): fc.Arbitrary<Case> => {
    const placement = place({ ...spec, ...BY_HAND }, buildInventory(site.lists), site.table)
    const keys = [...new Set(placement.placed.map(({ rule }) => rule.key)), ...edges(site, spec)].slice(0, 40)
    const packets = fc.array(packetsNear(keys), { minLength: 15, maxLength: 15 })
    return packets.map((list) => ({ site, spec, placement, packets: list }))
  })

/** Keys on whose edges packets are worth a look: the target's prefixes and everything protected. */
function edges({ lists }: Site, spec: BlockSpec): string[] {
  const named = namedPrefixes(lists, spec).map((prefix) => `d-rtbh local ${prefix}`)
  const other = [...lists.protected, ...lists.reachable]
  return [...named, ...other.map(({ prefix }) => `s-rtbh local ${prefix}`)]
}

function namedPrefixes(lists: InventoryLists, { target }: BlockSpec): readonly string[] {
  if (target.kind === 'host') return [target.prefix]
  const sets = target.kind === 'department' ? lists.departments : lists.connections
  return sets.find(({ name }) => name === target.name)?.prefixes ?? []
}

/** Whether traffic to or from the address is protected in a role that this block would hit. */
function isCarved(lists: InventoryLists, spec: BlockSpec, packet: Packet, address: bigint): boolean {
  if (spec.target.kind === 'host') return false
  const hit: Record<BlockSpec['direction'], ProtectedEntry['role'][]> = {
    to: ['any', 'destination'],
    from: ['any', 'source'],
    both: ['any', 'destination', 'source'],
  }
  return lists.protected.some(
    ({ prefix, role }) => hit[spec.direction].includes(role) && hasAddress(prefix, packet.family, address),
  )
}

function hasAddress(prefix: string, family: 4 | 6, address: bigint): boolean {
  const block = readRuleKey(`d-rtbh local ${prefix}`)
  const { first, last } = block.destination ?? { first: 1n, last: 0n }
  return block.family === family && first <= address && address <= last
}

/** Whether the block is about the address. */
function isBlocked(lists: InventoryLists, spec: BlockSpec, packet: Packet, address: bigint): boolean {
  return (
    namedPrefixes(lists, spec).some((prefix) => hasAddress(prefix, packet.family, address)) &&
    !isCarved(lists, spec, packet, address)
  )
}

/** Whether the target is at the end of the packet that the direction speaks of, and what that says of the other end. */
function isOfTarget(
  { lists }: Site,
  spec: BlockSpec,
  packet: Packet,
  isMeant: (other: bigint, way: 'to' | 'from') => boolean = () => true,
): boolean {
  const { src, dst } = packet
  const ends = { to: [dst, src], from: [src, dst] } as const
  const ways = spec.direction === 'both' ? (['to', 'from'] as const) : [spec.direction]
  return ways.some((way) => {
    const [end, other] = ends[way]
    return isBlocked(lists, spec, packet, end) && isMeant(other, way)
  })
}

/** Whether blocked departments and connections still reach the address, and are reached from it. */
function staysReachable({ lists }: Site, spec: BlockSpec, packet: Packet, address: bigint): boolean {
  if (spec.target.kind === 'host' || spec.action.do === 'mark') return false
  const listed = lists.reachable.some(({ prefix }) => hasAddress(prefix, packet.family, address))
  return listed && !isBlocked(lists, spec, packet, address)
}

/** Whether the network's own control traffic passes the block. */
function isSpared(spec: BlockSpec, packet: Packet, way: 'to' | 'from'): boolean {
  return spec.target.kind !== 'host' && spec.action.do !== 'mark' && isKept(way, packet)
}

/** What the block names: the whole of this test's own reading of it. */
function isNamed(site: Site, spec: BlockSpec, packet: Packet, cutsControl = false): boolean {
  const isMeant = (other: bigint, way: 'to' | 'from'): boolean =>
    !staysReachable(site, spec, packet, other) && (cutsControl || !isSpared(spec, packet, way))
  if (!isOfTarget(site, spec, packet, isMeant)) return false
  return spec.match === undefined || textMatches(readMatch(spec.match), packet)
}

/** A fragment without ports, flags or types that may belong to what the block names. */
function isLaterFragment(site: Site, spec: BlockSpec, packet: Packet): boolean {
  if (!packet.fragment.isf || spec.match === undefined || !isOfTarget(site, spec, packet)) return false
  const kept = matchText(spec.match)
    .split(' ')
    .filter((word) => /^(destination|source|protocol|dscp|flow-label)=/.test(word))
  return textMatches(readRuleKey(`acl${spec.match.family} ${kept.join(' ')}`), packet)
}

function readMatch(match: NonNullable<BlockSpec['match']>) {
  return readRuleKey(`acl${match.family} ${matchText(match)}`)
}

describe('placement', () => {
  it('never matches a packet outside the block and its stated collateral', () =>
    holds(
      fc.property(cases, ({ site, spec, placement, packets }) => {
        for (const widened of placement.widened) assert.ok(spec.collateral.includes(widened), widened)
        const widened = (...by: readonly Collateral[]) => by.some((one) => placement.widened.includes(one))
        for (const { device, rule } of placement.placed) {
          const cuts = placement.gaps.some((gap) => gap.device === device && gap.code === 'control-cut')
          for (const packet of packets.filter((one) => ruleMatches(rule.key, one))) {
            const allowed =
              (widened('whole-host', 'reachable-too') && isOfTarget(site, spec, packet)) ||
              isNamed(site, spec, packet, cuts) ||
              (widened('fragments') && isLaterFragment(site, spec, packet))
            assert.ok(allowed, `${device} ${rule.key} matches ${show(packet)}`)
          }
        }
      }),
      RUNS,
    ))

  it('matches every packet of the block on a device that it names no gap for', () =>
    holds(
      fc.property(cases, ({ site, spec, placement, packets }) => {
        const line = site.table.find(({ name }) => name === placement.line)
        if (placement.line === undefined || line === undefined) return
        const named = packets.filter((packet) => isNamed(site, spec, packet))
        for (const device of new Set(placement.placed.map((one) => one.device))) {
          if (placement.gaps.some((gap) => gap.device === device)) continue
          const keys = placement.placed.flatMap((one) => (one.device === device ? one.rule.key : []))
          for (const packet of named)
            assert.ok(
              keys.some((key) => ruleMatches(key, packet)),
              `${device} misses ${show(packet)}`,
            )
        }
      }),
      RUNS,
    ))

  it('never touches what is protected in a department or a connection, in either role', () =>
    holds(
      fc.property(cases, ({ site, spec, placement, packets }) => {
        if (spec.target.kind === 'host') return
        const keys = placement.placed.map(({ rule }) => rule.key)
        for (const packet of packets.filter((one) => keys.some((key) => ruleMatches(key, one))))
          assert.ok(
            isOfTarget(site, spec, packet),
            `${show(packet)} is protected at each end that the block is about`,
          )
      }),
      RUNS,
    ))

  it('gives a device only what it can hold, in the scope and with the action asked for', () =>
    holds(
      fc.property(fc.tuple(arbitrarySite(), arbitrarySpec()), ([site, spec]) => {
        const inventory = buildInventory(site.lists)
        const { placed } = place({ ...spec, ...BY_HAND }, inventory, site.table)
        assert.equal(new Set(placed.map(({ device, rule }) => `${device} ${rule.key}`)).size, placed.length)
        for (const { device: name, rule } of placed) {
          const device = inventory.devices.get(name)
          assert.ok(device !== undefined)
          assert.equal(whyUnsupported(rule, device.capabilities), undefined)
          assert.deepEqual(rule.action, spec.action)
          if (!('prefix' in rule)) continue
          assert.equal(rule.scope, isOwn(inventory, rule.prefix) ? spec.scope : 'external')
          assert.ok(isHostPrefix(rule.prefix), rule.key)
          assert.ok(rule.kind === 'd-rtbh' || device.urpf, 'a source blackhole without uRPF stops nothing')
        }
      }),
      RUNS,
    ))

  it('accounts for every device of its line, by rules or by gaps', () =>
    holds(
      fc.property(fc.tuple(arbitrarySite(), arbitrarySpec()), ([site, spec]) => {
        const inventory = buildInventory(site.lists)
        const { line, placed, gaps } = place({ ...spec, ...BY_HAND }, inventory, site.table)
        if (line === undefined) return assert.equal(gaps.length, 1)
        const used = site.table.find(({ name }) => name === line)?.use ?? []
        const left = namedPrefixes(site.lists, spec).length
        for (const { device } of used)
          assert.ok(
            left === 0 ||
              placed.some((one) => one.device === device) ||
              gaps.some((gap) => gap.device === device) ||
              spec.target.kind !== 'host',
            `${device} is passed over in silence`,
          )
      }),
      RUNS,
    ))

  it('is the same for the same input, whatever the order of the inventory', () =>
    holds(
      fc.property(fc.tuple(arbitrarySite(), arbitrarySpec()), ([site, spec]) => {
        const placement = place({ ...spec, ...BY_HAND }, buildInventory(site.lists), site.table)
        assert.deepEqual(place({ ...spec, ...BY_HAND }, buildInventory(site.lists), site.table), placement)
        const turned = place({ ...spec, ...BY_HAND }, buildInventory(turn(site.lists)), site.table)
        assert.deepEqual(
          { ...turned, gaps: sorted(turned.gaps) },
          { ...placement, gaps: sorted(placement.gaps) },
        )
      }),
      RUNS,
    ))
})

function turn(lists: InventoryLists): InventoryLists {
  const sets = <T extends { prefixes: readonly unknown[] }>(all: readonly T[]): T[] =>
    all.map((set) => ({ ...set, prefixes: set.prefixes.toReversed() })).reverse()
  return {
    ...lists,
    own: lists.own.toReversed(),
    departments: sets(lists.departments),
    connections: sets(lists.connections),
    protected: lists.protected.toReversed(),
    reachable: lists.reachable.toReversed(),
    devices: lists.devices.toReversed(),
    ingress: lists.ingress.toReversed(),
  }
}

function sorted(gaps: Placement['gaps']): string[] {
  return gaps.map((gap) => JSON.stringify(gap)).sort()
}

function show(packet: Packet): string {
  return JSON.stringify(packet, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString(16) : value,
  )
}
