import { type Block, isActive } from '../../src/domain/block.ts'
import { matchCovers } from '../../src/domain/match-sets.ts'
import { actionText, compareActions, type FilterRule, type Rule } from '../../src/domain/rule.ts'
import type { FileLedger } from '../../src/ledger/file-ledger.ts'
import { meet } from '../../src/placement/precedence.ts'
import { plain } from '../helpers/test-ledger.ts'
import { CONFIGS } from './given.ts'

/** Where blocks go, and when it is. */
interface Placing {
  readonly clock: { now(): number }
  placedOf(block: Block): readonly { readonly device: string; readonly rule: Rule }[]
}

/** What each device should hold, computed from scratch from these blocks: key and action. */
export function desiredOf(world: Placing, blocks: Iterable<Block>): Map<string, Map<string, string>> {
  const placed = new Map<string, Map<string, Rule>>()
  for (const block of blocks) {
    if (!isActive(block, world.clock.now())) continue
    for (const { device, rule } of world.placedOf(block)) {
      const rules = placed.get(device) ?? new Map<string, Rule>()
      placed.set(device, rules)
      addStrictest(rules, rule)
    }
  }
  return new Map(
    [...placed].map(([device, rules]) => {
      const all = CONFIGS[device]?.flowOrder === undefined ? rules : withIntersections(rules)
      return [device, new Map([...all].map(([key, { action }]) => [key, actionText(action)]))]
    }),
  )
}

/** All that is not forgotten after a while. */
export function intentOf(head: FileLedger['head']): Record<string, unknown> {
  const {
    blocks,
    byPrefix: _,
    byOtherEnd: __,
    named: ___,
    ended: ____,
    answered: _____,
    ...rest
  } = plain(head)
  const on = (blocks as [number, Block][]).filter(([, { wanted }]) => wanted !== 'off')
  return { ...rest, on }
}

function addStrictest(rules: Map<string, Rule>, rule: Rule): void {
  const there = rules.get(rule.key)
  if (there === undefined || compareActions(rule.action, there.action) < 0) rules.set(rule.key, rule)
}

/** A drop that would be tried after a weaker rule holds where both match. */
function withIntersections(rules: ReadonlyMap<string, Rule>): Map<string, Rule> {
  const all = new Map(rules)
  const flows = [...rules.values()].filter((rule): rule is FilterRule => rule.kind === 'flow')
  for (const one of flows)
    for (const other of flows) {
      const meeting = one.key < other.key ? meet(one, other) : 'apart'
      if (meeting !== 'apart' && meeting.intersection !== undefined) addStrictest(all, meeting.intersection)
    }
  return all
}

export function covers(outer: Rule, inner: Rule): boolean {
  return outer.kind === 'flow' && inner.kind === 'flow' && matchCovers(outer.match, inner.match)
}
