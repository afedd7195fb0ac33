import { type Block, hitDirection } from '../domain/block.ts'
import { aggregatePrefixes, intersectPrefixes, type Prefix, subtractPrefixes } from '../domain/prefix.ts'
import { type IdentityTarget, isIdentity, isNamed, targetText } from '../domain/target.ts'
import type { Inventory, ProtectedEntry } from '../inventory/inventory.ts'
import { expandTarget, protectedWithin } from '../placement/expand.ts'
import type { Limits } from './limits.ts'

/** What another inventory makes of one block. */
export interface CoverageEffect {
  readonly block: number
  readonly target: string
  /** `covers`: less than now, or what it had lost; `ends`: nothing is left of it; `grows`: people are asked about more. */
  readonly kind: 'covers' | 'ends' | 'grows'
  readonly before: readonly Prefix[]
  readonly after: readonly Prefix[]
  readonly why: string
}

/** What another inventory makes of a block that is on: nothing, or one or two of these. */
export function effectsOn(block: Block, inventory: Inventory): CoverageEffect[] {
  if (isIdentity(block.target)) return effectsOnIdentity(block, block.target, inventory)
  const { full, carvedOut } = fullCoverage(block, inventory)
  const before = coverageOf(block)
  const after = intersectPrefixes(full, widestOf(block))
  const about = { block: block.id, target: targetText(block.target), before }
  const why = whyOther(block, carvedOut)
  if (after.length === 0) return [{ ...about, kind: 'ends', after, why }]
  const effects: CoverageEffect[] = isSame(before, after) ? [] : [{ ...about, kind: 'covers', after, why }]
  const asked = isNamed(block.target) && !isSame(after, full)
  return asked ? [...effects, { ...about, kind: 'grows', after: full, why: 'the target has grown' }] : effects
}

/** There is nothing to carve out of an account or a station: it is protected, or it is not. */
function effectsOnIdentity({ id }: Block, target: IdentityTarget, { accounts }: Inventory): CoverageEffect[] {
  const entry = accounts.protectedEntry(target)
  if (entry === undefined) return []
  return [
    { block: id, target: target.name, kind: 'ends', before: [], after: [], why: `protected: ${entry.name}` },
  ]
}

/** What a recorded block covers. */
export function coverageOf({ target, expansion }: Pick<Block, 'target' | 'expansion'>): readonly Prefix[] {
  return expansion ?? (target.kind === 'host' ? [target.prefix] : [])
}

/** The most that it may cover without anybody's agreement. */
function widestOf(block: Block): readonly Prefix[] {
  return block.widest ?? (block.target.kind === 'host' ? [block.target.prefix] : coverageOf(block))
}

/** All that its target is now, without what is protected. */
function fullCoverage(
  block: Block,
  inventory: Inventory,
): { readonly full: readonly Prefix[]; readonly carvedOut: readonly ProtectedEntry[] } {
  const { target } = block
  if (target.kind !== 'host') {
    const { prefixes, carvedOut } = expandTarget(block, inventory)
    return { full: prefixes, carvedOut }
  }
  const carvedOut = protectedWithin(inventory, [target.prefix], hitDirection(block))
  const holes = carvedOut.map(({ prefix }) => prefix)
  return { full: subtractPrefixes(target.prefix, holes), carvedOut }
}

function whyOther({ target }: Block, carvedOut: readonly ProtectedEntry[]): string {
  const names = [...new Set(carvedOut.map(({ name }) => name))]
  const guarded = names.length === 0 ? '' : `protected: ${names.join(', ')}`
  if (target.kind === 'host') return guarded === '' ? 'nothing in it is protected any more' : guarded
  return [`${target.kind} ${target.name} is something else now`, ...(guarded === '' ? [] : [guarded])].join(
    '; ',
  )
}

function isSame(a: readonly Prefix[], b: readonly Prefix[]): boolean {
  const [one, other] = [aggregatePrefixes(a), aggregatePrefixes(b)]
  return one.length === other.length && one.every((prefix, index) => prefix === other[index])
}

/** Why so many blocks would be let go that a person has to agree first, or `undefined`. @param active blocks that are on */
export function whyAsk(
  effects: readonly CoverageEffect[],
  active: number,
  { plan }: Limits,
): string | undefined {
  const less = effects.filter(({ kind }) => kind !== 'grows').length
  if (less <= plan.entries || less <= active * plan.share) return undefined
  return `${less} of ${active} blocks would end or cover less; more than ${plan.entries} and ${plan.share * 100} % wait for a person`
}
