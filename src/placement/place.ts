import type { BlockSpec, Collateral } from '../domain/block.ts'
import { componentNames, NO_COMPONENTS, type PacketMatch } from '../domain/match.ts'
import { type Prefix, prefixBits, prefixFamily, prefixFromBits, prefixSize } from '../domain/prefix.ts'
import { blackholeRule, filterRule, type Rule, type RuleKind } from '../domain/rule.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'
import { expandTarget } from './expand.ts'
import { findPlacement, type PlacementRule } from './table.ts'

/** A rule on a device. */
export interface Placed {
  readonly device: string
  readonly rule: Rule
}

/** Something of a block that stays without enforcement, and why. */
export interface Gap {
  readonly device?: string
  readonly ingress?: string
  readonly direction?: 'to' | 'from'
  readonly code: 'unsupported' | 'one-way' | 'would-widen' | 'no-placement' | 'uncovered-ingress'
  readonly why: string
}

/** What a block becomes. Equal blocks become equal placements: there is no clock and no state here. */
export interface Placement {
  /** Name of the line of the table. */
  readonly line: string | undefined
  readonly placed: readonly Placed[]
  readonly gaps: readonly Gap[]
  /** What is hit beyond what the block names; always within its permitted collateral. */
  readonly widened: readonly Collateral[]
}

/** Host routes that one prefix may become on a device that takes only those. */
const MOST_HOST_ROUTES = 16n

type OneWay = 'to' | 'from'

/**
 * Decides which rules on which devices a block becomes. A match never becomes a whole host unless the block
 * permits it, a host never a prefix, one direction never two.
 */
export function place(spec: BlockSpec, inventory: Inventory, table: readonly PlacementRule[]): Placement {
  const line = findPlacement(table, spec, inventory)
  if (line === undefined) {
    return {
      line: undefined,
      placed: [],
      widened: [],
      gaps: [{ code: 'no-placement', why: 'no line of the placement table fits this block' }],
    }
  }
  const work = new Work(spec, inventory)
  const { prefixes } = expandTarget(spec, inventory)
  for (const use of line.use) {
    const device = inventory.devices.get(use.device)
    if (device === undefined)
      work.gaps.push({ device: use.device, code: 'unsupported', why: 'the device is not in the inventory' })
    else
      for (const prefix of prefixes)
        for (const way of waysOf(spec)) work.placeOne(device, use.as, prefix, way)
  }
  work.findOneWay()
  work.findUncovered()
  return { line: line.name, placed: work.placed, gaps: work.gaps, widened: work.widened }
}

function waysOf(spec: BlockSpec): readonly OneWay[] {
  return spec.direction === 'both' ? ['to', 'from'] : [spec.direction]
}

/** A rule that was built for one of the block's prefixes, and the devices that have it already. */
interface Built {
  readonly kind: RuleKind
  readonly way: OneWay
  readonly rule: Rule
  readonly devices: string[]
}

class Work {
  readonly placed: Placed[] = []
  readonly gaps: Gap[] = []
  readonly widened: Collateral[] = []
  /** Names of devices that got a rule, by direction. */
  readonly #covered: Readonly<Record<OneWay, string[]>> = { to: [], from: [] }
  /** Devices that need the same rule share one object. */
  readonly #built = new Map<Prefix, Built[]>()
  readonly #oneWay: { device: Device; way: OneWay; kind: RuleKind }[] = []
  readonly #spec: BlockSpec
  readonly #inventory: Inventory

  constructor(spec: BlockSpec, inventory: Inventory) {
    this.#spec = spec
    this.#inventory = inventory
  }

  placeOne(device: Device, kind: RuleKind, prefix: Prefix, way: OneWay): void {
    const refusal = refuseByCapability(device, kind, prefix, this.#spec)
    if (refusal !== undefined) return this.#gap(device, way, 'unsupported', refusal)
    if (kind === 'acl' || kind === 'flow') this.#placeFilter(device, kind, prefix, way)
    else this.#placeBlackhole(device, kind, prefix, way)
  }

  #placeFilter(device: Device, kind: 'acl' | 'flow', prefix: Prefix, way: OneWay): void {
    const spec = this.#spec
    const missing = componentNames(spec.match?.components ?? NO_COMPONENTS).filter(
      (name) => !device.capabilities.components.includes(name),
    )
    if (missing.length > 0)
      return this.#gap(device, way, 'unsupported', `it cannot match ${missing.join(', ')}`)
    this.#put(device, kind, way, prefix, () => filterRule(kind, matchOf(spec, prefix, way), spec.action))
  }

  #placeBlackhole(device: Device, kind: 'd-rtbh' | 's-rtbh', prefix: Prefix, way: OneWay): void {
    const spec = this.#spec
    if ((kind === 'd-rtbh') !== (way === 'to')) {
      this.#oneWay.push({ device, way, kind })
      return
    }
    if (kind === 's-rtbh' && !device.urpf)
      return this.#gap(
        device,
        way,
        'unsupported',
        'a source blackhole needs uRPF, which is not declared for it',
      )
    if (spec.action.do !== 'drop') return this.#gap(device, way, 'unsupported', 'a blackhole can only drop')
    if (spec.match !== undefined && !spec.collateral.includes('whole-host')) {
      return this.#gap(
        device,
        way,
        'would-widen',
        'a blackhole would hit the whole host; permit collateral whole-host if that is meant',
      )
    }
    const hosts = hostPrefixes(prefix)
    if (hosts === undefined)
      return this.#gap(
        device,
        way,
        'unsupported',
        `a blackhole takes host routes only, at most ${MOST_HOST_ROUTES} for one block`,
      )
    if (spec.match !== undefined && !this.widened.includes('whole-host')) this.widened.push('whole-host')
    for (const host of hosts) this.#put(device, kind, way, host, () => blackholeRule(kind, host, spec.scope))
  }

  /** Puts the rule for this prefix on a device, once however many lines of the table say so. */
  #put(device: Device, kind: RuleKind, way: OneWay, prefix: Prefix, build: () => Rule): void {
    const { name } = device
    if (!this.#covered[way].includes(name)) this.#covered[way].push(name)
    const ofPrefix = this.#built.get(prefix) ?? []
    if (ofPrefix.length === 0) this.#built.set(prefix, ofPrefix)
    let built = ofPrefix.find((other) => other.kind === kind && other.way === way)
    if (built === undefined) {
      built = { kind, way, rule: build(), devices: [] }
      ofPrefix.push(built)
    }
    if (built.devices.includes(name)) return
    built.devices.push(name)
    this.placed.push({ device: name, rule: built.rule })
  }

  #gap(device: Device, direction: OneWay, code: Gap['code'], why: string): void {
    if (
      !this.gaps.some((gap) => gap.device === device.name && gap.direction === direction && gap.why === why)
    ) {
      this.gaps.push({ device: device.name, direction, code, why })
    }
  }

  /** That a blackhole stops one direction leaves nothing open where another device stops the other. */
  findOneWay(): void {
    for (const { device, way, kind } of this.#oneWay) {
      const covered = this.#covered[way].length > 0
      this.#gap(device, way, covered ? 'one-way' : 'unsupported', `${kind} stops only one direction`)
    }
  }

  /** An ingress point is covered for a direction when one of its devices got a rule for it. */
  findUncovered(): void {
    for (const ingress of this.#inventory.ingress) {
      for (const way of waysOf(this.#spec)) {
        if (ingress.coveredBy.some((device) => this.#covered[way].includes(device))) continue
        this.gaps.push({
          ingress: ingress.name,
          direction: way,
          code: 'uncovered-ingress',
          why: `no device at ${ingress.name} stops traffic ${way} the target`,
        })
      }
    }
  }
}

function refuseByCapability(
  { capabilities }: Device,
  kind: RuleKind,
  prefix: Prefix,
  spec: BlockSpec,
): string | undefined {
  if (!capabilities.kinds.includes(kind)) return `it takes no ${kind} rules`
  if (!capabilities.families.includes(prefixFamily(prefix)))
    return `it takes no IPv${prefixFamily(prefix)} rules`
  return capabilities.actions.includes(spec.action.do) ? undefined : `it cannot ${spec.action.do}`
}

function matchOf(spec: BlockSpec, prefix: Prefix, way: OneWay): PacketMatch {
  const other = way === 'to' ? spec.match?.source : spec.match?.destination
  const family = prefixFamily(prefix)
  const components = spec.match?.components ?? NO_COMPONENTS
  if (other === undefined)
    return way === 'to' ? { family, destination: prefix, components } : { family, source: prefix, components }
  return way === 'to'
    ? { family, destination: prefix, source: other, components }
    : { family, destination: other, source: prefix, components }
}

function hostPrefixes(prefix: Prefix): Prefix[] | undefined {
  const size = prefixSize(prefix)
  if (size > MOST_HOST_ROUTES) return undefined
  if (size === 1n) return [prefix]
  const family = prefixFamily(prefix)
  const first = prefixBits(prefix)
  return Array.from({ length: Number(size) }, (_, index) =>
    prefixFromBits(family, first + BigInt(index), family === 4 ? 32 : 128),
  )
}
