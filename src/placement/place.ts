import { type BlockSpec, type Collateral, REACHABLE_COLLATERAL } from '../domain/block.ts'
import { CONTROL } from '../domain/control.ts'
import type { PacketMatch } from '../domain/match.ts'
import { type Prefix, prefixFamily } from '../domain/prefix.ts'
import {
  type AttachmentKind,
  blackholeRule,
  type EntryKind,
  type EntryRule,
  filterRule,
  type IdentityKind,
  isAttachmentKind,
  isIdentityKind,
  type RuleScope,
  takes,
} from '../domain/rule.ts'
import { isIdentity } from '../domain/target.ts'
import { type Attachment, type Device, type Inventory, isOwn } from '../inventory/inventory.ts'
import {
  hostPrefixes,
  MOST_HOST_ROUTES,
  refuseBlackhole,
  WOULD_WIDEN,
  widenedByBlackhole,
} from './blackholes.ts'
import { refuseByCapability, refuseByMatch } from './capability.ts'
import { cutsControl, keepsControl, sparesControl } from './control.ts'
import { type Expandable, prefixesOf } from './expand.ts'
import { filterMatches, isTcp, noDestination, type OneWay, takesFragments } from './filter-matches.ts'
import { identitiesFor, notOfAddresses, unended } from './identities.ts'
import { uncoveredIngress } from './ingress.ts'
import type { Gap, Placed, Placement } from './placement.ts'
import { cutsOff, makesExceptions, type Reachable, reachableBeside } from './reachable.ts'
import { attachmentsOf, switchesFor } from './switches.ts'
import { findPlacement, type Placeable, type PlacementRule } from './table.ts'

export type { Gap, Placed, Placement } from './placement.ts'

/**
 * Decides which rules on which devices a block becomes. A match never becomes a whole host unless the block
 * permits it, a host never a prefix, one direction never two.
 */
export function place(
  spec: Placeable & Expandable,
  inventory: Inventory,
  table: readonly PlacementRule[],
): Placement {
  const line = findPlacement(table, spec, inventory)
  if (line === undefined) {
    return {
      line: undefined,
      placed: [],
      widened: [],
      gaps: [{ code: 'no-placement', why: 'no line of the placement table fits this block' }],
    }
  }
  const prefixes = prefixesOf(spec, inventory)
  const work = new Work(spec, inventory, reachableBeside(spec, prefixes, inventory))
  for (const use of line.use) {
    const device = inventory.devices.get(use.device)
    if (device === undefined)
      work.gaps.push({ device: use.device, code: 'unsupported', why: 'the device is not in the inventory' })
    else if (isAttachmentKind(use.as)) work.placeSwitches(device, use.as)
    else if (isIdentityKind(use.as)) work.placeIdentities(device, use.as)
    else if (isIdentity(spec.target)) work.refuse(device, notOfAddresses(use.as, spec.target))
    else
      for (const prefix of prefixes)
        for (const way of waysOf(spec)) work.placeOne(device, use.as, prefix, way)
  }
  work.findOneWay()
  work.findRemaining()
  work.findUncovered()
  work.findUnquarantined()
  return { line: line.name, placed: work.placed, gaps: work.gaps, widened: work.widened }
}

function waysOf(spec: BlockSpec): readonly OneWay[] {
  return spec.direction === 'both' ? ['to', 'from'] : [spec.direction]
}

/** Rules that were built for one of the block's prefixes, and the devices that have them already. */
interface Built {
  readonly form: string
  readonly way: OneWay
  readonly rules: readonly EntryRule[]
  readonly devices: string[]
}

class Work {
  readonly placed: Placed[] = []
  readonly gaps: Gap[] = []
  readonly widened: Collateral[] = []
  /** Names of devices, and of routers as `device/router`, that got a rule, by direction. */
  readonly #covered: Readonly<Record<OneWay, string[]>> = { to: [], from: [] }
  /** Devices that need the same rule share one object. */
  readonly #built = new Map<string, Built[]>()
  readonly #oneWay: { device: Device; way: OneWay; kind: EntryKind }[] = []
  /** Those that a switch takes off. */
  readonly #switched = new Set<Attachment>()
  readonly #spec: BlockSpec
  readonly #inventory: Inventory
  readonly #reachable: Reachable

  constructor(spec: BlockSpec, inventory: Inventory, reachable: Reachable) {
    this.#spec = spec
    this.#inventory = inventory
    this.#reachable = reachable
  }

  placeSwitches(device: Device, kind: AttachmentKind): void {
    const cuts = Object.values(this.#reachable.prefixes).some((prefixes) => prefixes.length > 0)
    if (cuts && !this.#spec.collateral.includes(REACHABLE_COLLATERAL))
      return this.#gap(device, undefined, 'would-widen', cutsOff(kind, this.#reachable))
    const { rules, attachments, widened, gaps } = switchesFor(device, kind, this.#spec, this.#inventory)
    if (cuts && rules.length > 0) this.#widen(REACHABLE_COLLATERAL)
    for (const { code, why } of gaps) this.#gap(device, undefined, code, why)
    for (const rule of rules)
      if (!this.placed.some((one) => one.device === device.name && one.rule.key === rule.key))
        this.placed.push({ device: device.name, rule })
    for (const one of attachments) this.#switched.add(one)
    for (const one of widened) this.#widen(one)
  }

  placeIdentities(device: Device, kind: IdentityKind): void {
    for (const found of identitiesFor(device, kind, this.#spec, this.#inventory)) {
      if ('why' in found) this.refuse(device, found.why)
      else this.placed.push({ device: device.name, rule: found.rule })
    }
  }

  refuse(device: Device, why: string): void {
    this.#gap(device, undefined, 'unsupported', why)
  }

  placeOne(device: Device, kind: EntryKind, prefix: Prefix, way: OneWay): void {
    const refusal = refuseByCapability(device, kind, prefix, this.#spec)
    if (refusal !== undefined) return this.#gap(device, way, 'unsupported', refusal)
    if (kind === (way === 'to' ? 's-rtbh' : 'd-rtbh')) {
      this.#oneWay.push({ device, way, kind })
      return
    }
    const cuts = this.#reachable.prefixes[prefixFamily(prefix)].length > 0 && !makesExceptions(device, kind)
    if (cuts && !this.#spec.collateral.includes(REACHABLE_COLLATERAL))
      return this.#gap(device, way, 'would-widen', cutsOff(kind, this.#reachable))
    const before = this.placed.length
    if (kind === 'acl' || kind === 'flow') this.#placeFilter(device, kind, prefix, way)
    else this.#placeBlackhole(device, kind, prefix, way)
    if (this.placed.length === before) return
    if (cuts) this.#widen(REACHABLE_COLLATERAL)
    if (sparesControl(this.#spec) && !keepsControl(device, kind))
      this.#gap(device, undefined, 'control-cut', cutsControl(kind))
  }

  #placeFilter(device: Device, kind: 'acl' | 'flow', prefix: Prefix, way: OneWay): void {
    const spec = this.#spec
    const needsDestination = kind === 'flow' && device.capabilities.needsDestination === true
    const { exact, fragments } = filterMatches(spec, prefix, way, this.#inventory, needsDestination)
    if (exact.length === 0) return this.#gap(device, way, 'unsupported', noDestination(prefix))
    if (!this.#putFilters(device, kind, way, prefix, exact, 'unsupported')) return
    if (fragments === undefined) return
    if (takesFragments(spec)) {
      if (this.#putFilters(device, kind, way, prefix, fragments, 'fragments-pass')) this.#widen('fragments')
    } else if (way === 'to' && !isTcp(exact))
      this.#gap(
        device,
        way,
        'fragments-pass',
        'later fragments carry no ports or types and pass; permit collateral fragments to stop them too',
      )
  }

  #putFilters(
    device: Device,
    kind: 'acl' | 'flow',
    way: OneWay,
    prefix: Prefix,
    matches: readonly PacketMatch[],
    otherwise: Gap['code'],
  ): boolean {
    const refusal = refuseByMatch(device, matches)
    if (refusal !== undefined) {
      this.#gap(device, way, otherwise, refusal)
      return false
    }
    const place = `${otherwise} ${prefix}`
    const except = makesExceptions(device, kind) ? this.#reachable.prefixes[prefixFamily(prefix)] : []
    const keeps = keepsControl(device, kind) && sparesControl(this.#spec)
    const leavingOut: Pick<PacketMatch, 'except' | 'keep'> = {
      ...(except.length === 0 ? {} : { except }),
      ...(keeps ? { keep: CONTROL } : {}),
    }
    this.#put(device, kind, way, place, () =>
      matches.map((match) => filterRule(kind, { ...match, ...leavingOut }, this.#spec.action)),
    )
    return true
  }

  #placeBlackhole(device: Device, kind: 'd-rtbh' | 's-rtbh', prefix: Prefix, way: OneWay): void {
    const spec = this.#spec
    const scope: RuleScope = isOwn(this.#inventory, prefix) ? spec.scope : 'external'
    const refusal = refuseBlackhole(device, kind, spec, scope)
    if (refusal !== undefined) return this.#gap(device, way, 'unsupported', refusal)
    const wider = widenedByBlackhole(device, spec)
    const forbidden = wider.find((one) => !spec.collateral.includes(one))
    if (forbidden !== undefined) return this.#gap(device, way, 'would-widen', WOULD_WIDEN[forbidden])
    const hosts = hostPrefixes(prefix)
    if (hosts === undefined)
      return this.#gap(
        device,
        way,
        'unsupported',
        `a blackhole takes host routes only, at most ${MOST_HOST_ROUTES} for one block`,
      )
    for (const one of wider) this.#widen(one)
    for (const host of hosts) this.#put(device, kind, way, host, () => [blackholeRule(kind, host, scope)])
  }

  #widen(by: Collateral): void {
    if (!this.widened.includes(by)) this.widened.push(by)
  }

  /** Puts the rules for this place on a device, once however many lines of the table say so. */
  #put(device: Device, kind: EntryKind, way: OneWay, place: string, build: () => readonly EntryRule[]): void {
    const { name } = device
    if (!this.#covered[way].includes(name)) this.#covered[way].push(name)
    const ofPlace = this.#built.get(place) ?? []
    if (ofPlace.length === 0) this.#built.set(place, ofPlace)
    const leavesOut = `${makesExceptions(device, kind)} ${keepsControl(device, kind)}`
    const form = `${kind} ${device.capabilities.needsDestination === true} ${leavesOut}`
    let built = ofPlace.find((other) => other.form === form && other.way === way)
    if (built === undefined) {
      built = { form, way, rules: build(), devices: [] }
      ofPlace.push(built)
    }
    if (built.devices.includes(name)) return
    built.devices.push(name)
    for (const rule of built.rules) this.placed.push({ device: name, rule })
    this.#reach(device, way, built.rules)
  }

  /** Which of a speaker's routers get a rule for this direction, as `speaker/router`. */
  #reach({ name, capabilities }: Device, way: OneWay, rules: readonly EntryRule[]): void {
    for (const router of capabilities.neighbours ?? []) {
      const place = `${name}/${router.name}`
      if (rules.some((rule) => takes(router, rule)) && !this.#covered[way].includes(place))
        this.#covered[way].push(place)
    }
  }

  #gap(device: Device, direction: OneWay | undefined, code: Gap['code'], why: string): void {
    if (
      !this.gaps.some((gap) => gap.device === device.name && gap.direction === direction && gap.why === why)
    ) {
      this.gaps.push({ device: device.name, ...(direction === undefined ? {} : { direction }), code, why })
    }
  }

  /** That a blackhole stops one direction leaves nothing open where another device stops the other. */
  findOneWay(): void {
    for (const { device, way, kind } of this.#oneWay) {
      const covered = this.#covered[way].length > 0
      this.#gap(device, way, covered ? 'one-way' : 'unsupported', `${kind} stops only one direction`)
    }
  }

  /** A connection that is taken off at one place and still attached at another is not off. */
  findRemaining(): void {
    if (this.#switched.size === 0) return
    for (const one of this.#remaining()) {
      const { router } = one
      const filtered = waysOf(this.#spec).every((way) =>
        this.#covered[way].some((place) => place === router || place.endsWith(`/${router}`)),
      )
      if (filtered) continue
      this.gaps.push({
        ...(this.#inventory.devices.has(router) ? { device: router } : {}),
        code: 'attachment-remains',
        why: `the connection stays attached at ${router} by ${one.interface} (neighbour ${one.neighbour})`,
      })
    }
  }

  #remaining(): Attachment[] {
    return attachmentsOf(this.#spec, this.#inventory).filter((one) => !this.#switched.has(one))
  }

  findUncovered(): void {
    // Accounts and stations are stopped where they get in, and not by what they send.
    if (isIdentity(this.#spec.target)) return
    // Who is attached nowhere any more is reached from nowhere.
    if (this.#switched.size > 0 && this.#remaining().length === 0) return
    this.gaps.push(...uncoveredIngress(this.#inventory, waysOf(this.#spec), this.#covered))
  }

  findUnquarantined(): void {
    this.gaps.push(...unended(this.#spec, this.placed))
  }
}
