import assert from 'node:assert/strict'
import { type Block, isActive } from '../../src/domain/block.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { targetText } from '../../src/domain/target.ts'
import { type Packet, textMatches } from '../helpers/packet-matcher.ts'
import { pick } from '../helpers/random.ts'
import { type RuleText, readRuleKey } from '../helpers/rule-text.ts'
import { addressesOf, type Entry } from './account.ts'
import type { World } from './world.ts'

/** What of blocks holds at every moment: nobody is one and two people, and nothing lasts that may not. */
export function checkBlocks(world: World): void {
  for (const block of world.ledger.head.blocks.values()) {
    const wrong = whatIsWrong(world, block)
    if (wrong !== undefined) assert.fail(`block ${block.id} (${targetText(block.target)}) ${wrong}`)
  }
}

function whatIsWrong({ account, clock }: World, block: Block): string | undefined {
  const entry = account.entries.get(block.id)
  if (entry === undefined) return 'is there, and nobody was answered so'
  if (block.wanted === 'proposed') return entry.begun ? 'waits, though it has begun' : undefined
  if (block.wanted === 'off') return whatIsWrongAbout(block, entry)
  if (!entry.begun) return 'is on before two have agreed'
  if (entry.ended !== undefined) return `is on, though it was ${entry.ended}`
  if (entry.lapses !== undefined)
    return isActive(block, Math.max(clock.now(), entry.lapses))
      ? 'lasts longer than one person may let it'
      : undefined
  if (entry.wide && (entry.yes.size < 2 || new Set(block.agreed).size < 2))
    return `is on by the word of ${block.agreed?.join(', ')}`
  const { until = null } = entry
  if (until !== null && (block.until === null || block.until > until))
    return 'lasts longer than was agreed to'
  return undefined
}

function whatIsWrongAbout(block: Block, entry: Entry): string | undefined {
  const { until, endedAt = 0, ending, proposal } = block
  if (proposal !== undefined) return 'has ended and still asks for agreement'
  const byTime = ending === 'lapsed' || (ending === 'expired' && until !== null && until <= endedAt)
  return entry.ended !== undefined || byTime ? undefined : `ended (${ending}), which nobody asked for`
}

/** Some of another network, which is never a target and never on the allow list. */
const ELSEWHERE = addressesOf('203.0.113.9/32')[0] ?? 0

/** Whether some rule of a device is about a packet from one address to another. */
type Hit = (device: string, src: number, dst: number) => boolean

/** What devices do with packets, by what the steps know of blocks: nothing here asks where rules are placed. */
export function checkPackets(world: World): void {
  const { account, ledger, clock, deviceNames } = world
  const on = [...ledger.head.blocks.values()].flatMap((block) =>
    isActive(block, clock.now()) ? [account.entry(block.id)] : [],
  )
  const texts = new Map(deviceNames.map((name) => [name, textsOf(world, name)]))
  const hit: Hit = (name, src, dst) =>
    (texts.get(name) ?? []).some((text) => textMatches(text, packet(src, dst)))
  checkProtected(world, hit)
  for (const address of samples(world, on)) {
    const by = on.filter(({ covers }) => covers.has(address))
    checkStopped(address, by, hit)
    const named = by.every(({ target }) => /^(department|connection):/.test(target))
    if (named && !by.some(({ cutsReachable }) => cutsReachable)) checkReachable(world, address, on, hit)
  }
}

function checkProtected({ waits, lists, deviceNames }: World, hit: Hit): void {
  // What waits for a person leaves blocks as they are.
  for (const { prefix, role, name } of waits ? [] : lists.protected)
    for (const address of addressesOf(prefix))
      for (const device of deviceNames) {
        const to = role !== 'source' && hit(device, ELSEWHERE, address)
        const from = role !== 'destination' && hit(device, address, ELSEWHERE)
        assert.ok(
          !to && !from,
          `${device} stops what goes to or from ${name} (${prefix}), which is protected`,
        )
      }
}

/** The filter stops what some block is about, and nothing else. */
function checkStopped(address: number, by: readonly Entry[], hit: Hit): void {
  for (const way of ['to', 'from'] as const) {
    const stops = by.filter(({ direction, narrowed }) => !narrowed && [way, 'both'].includes(direction))
    const is = way === 'to' ? hit('filter', ELSEWHERE, address) : hit('filter', address, ELSEWHERE)
    const ids = by.map(({ id }) => id).join(', ')
    assert.equal(is, stops.length > 0, `what goes ${way} ${textOf(address)} (blocks ${ids}) at the filter`)
  }
}

/** What stays reachable for those who are blocked with their department or connection. */
function checkReachable(world: World, address: number, on: readonly Entry[], hit: Hit): void {
  for (const other of world.lists.reachable.flatMap(({ prefix }) => addressesOf(prefix).slice(0, 1))) {
    if (on.some(({ covers }) => covers.has(other))) continue
    for (const device of world.deviceNames)
      assert.ok(
        !hit(device, address, other) && !hit(device, other, address),
        `${device} keeps ${textOf(address)} from ${textOf(other)}, which is to stay reachable`,
      )
  }
}

/** Addresses that some block is about, and some that none should be. */
function samples(world: World, on: readonly Entry[]): Set<number> {
  const { random } = world
  const known = [...world.account.entries.values()].slice(-60)
  const some = (entries: readonly Entry[]): number[] =>
    Array.from({ length: 16 }, () => pick(random, [...(pick(random, entries)?.may ?? [])]) ?? ELSEWHERE)
  return new Set([...some(on), ...some(on.filter(({ target }) => target.includes(':'))), ...some(known)])
}

/** Neither TCP nor UDP, so that no block of a service matches it. */
function packet(src: number, dst: number): Packet {
  const fragment = { df: false, isf: false, ff: false, lf: false }
  return { family: 4, src: BigInt(src), dst: BigInt(dst), proto: 47, length: 100, dscp: 0, fragment }
}

function textsOf(world: World, name: string): RuleText[] {
  const rules: ReadonlyMap<string, Rule> = world.device(name)?.rules ?? new Map<string, Rule>()
  return [...rules.keys()].map((key) => {
    const text = world.texts.get(key) ?? readRuleKey(key)
    world.texts.set(key, text)
    return text
  })
}

function textOf(address: number): string {
  return [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join('.')
}

/** Whoever a block of an address that changes hands is about: it is with them, or says why not. */
export function checkLeases({ account, ledger, clock }: World): void {
  for (const block of ledger.head.blocks.values()) {
    const { id, target, flag, lease } = block
    const entry = account.entry(id)
    if (!isActive(block, clock.now()) || target.kind !== 'host') continue
    assert.equal(lease?.holder.name, entry.mac, `block ${id} is about somebody else`)
    if (entry.mac === undefined) continue
    const is = target.prefix.replace('/32', '')
    const where = account.leases.get(entry.mac)
    const other = account.holderOf(is)
    if (where === is || (where === undefined && other === undefined))
      assert.equal(flag, undefined, `block ${id} is flagged, though ${entry.mac} has ${is}, or nobody has`)
    else assert.ok(flag !== undefined, `block ${id} is still on ${is}, which ${entry.mac} has left`)
  }
}

/** The load index against a count of everything that is on. */
export function checkLoad(world: World): void {
  const { ledger, lists } = world
  const load = world.app.load.now
  const on = [...ledger.head.blocks.values()].filter(({ wanted }) => wanted === 'on')
  const ownerOf = ({ origin }: Block): string => ledger.head.tokens.get(origin.token)?.person ?? origin.token
  const automatic = on.filter(({ origin }) => origin.kind === 'automatic')
  assert.equal(load.automatic, automatic.length)
  for (const department of lists.departments) {
    const { name } = department
    const within = new Set(
      lists.departments
        .filter((one) => one === department || one.parent === name)
        .flatMap(({ prefixes }) => prefixes.flatMap(addressesOf)),
    )
    const prefixesOf = ({ target, expansion }: Block): readonly string[] =>
      expansion ?? (target.kind === 'host' ? [target.prefix] : [])
    const hitting = automatic.filter((block) =>
      prefixesOf(block).some((prefix) => addressesOf(prefix).some((address) => within.has(address))),
    )
    assert.equal(load.automaticIn(name), hitting.length, `automatic blocks in ${name}`)
    for (const owner of new Set(on.map(ownerOf))) {
      const own = on.filter((block) => ownerOf(block) === owner)
      assert.equal(load.active(owner), own.length, `blocks of ${owner}`)
      const alone = new Set(own.filter(({ agreed }) => agreed === undefined).flatMap(prefixesOf))
      const off = [...alone].flatMap(addressesOf).filter((address) => within.has(address))
      assert.equal(load.hostsOff(owner, name), off.length, `hosts of ${name} that ${owner} has off`)
    }
  }
}
