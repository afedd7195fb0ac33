import type { Block } from '../domain/block.ts'
import type { Prefix } from '../domain/prefix.ts'
import { isSwitch, type Rule } from '../domain/rule.ts'
import type { State } from '../ledger/state.ts'

/**
 * Of rules that a device holds and nobody wants, those that no block in memory ever asked for: nothing explains why
 * they would have to go. A block whose time is over explains them before its end is recorded. `asksFor` tells whether a block places a rule on that device.
 */
export function unexplainedRules(
  head: Readonly<State>,
  rules: readonly Rule[],
  asksFor: (block: Block, rule: Rule) => boolean,
): string[] {
  const named = blocksOf(head, [...head.named])
  return rules
    .filter(
      (rule) =>
        ![...onPrefixes(head, rule), ...onIdentity(head, rule), ...named].some((block) =>
          asksFor(block, rule),
        ),
    )
    .map((rule) => rule.key)
}

/** Of a switch there are none. */
function prefixesIn(rule: Rule): readonly (Prefix | undefined)[] {
  if ('match' in rule) return [rule.match.destination, rule.match.source]
  return 'prefix' in rule ? [rule.prefix] : []
}

/** Blocks whose host target covers a prefix of the rule: only those can become it. */
function onPrefixes(head: Readonly<State>, rule: Rule): Block[] {
  return prefixesIn(rule).flatMap((prefix) =>
    prefix === undefined
      ? []
      : head.byPrefix.covering(prefix).flatMap(([, ids]) => blocksOf(head, [ids].flat())),
  )
}

/** Of an account or a station; what attaches a connection, which is a name, is nobody's name here. */
function onIdentity(head: Readonly<State>, rule: Rule): Block[] {
  return isSwitch(rule) ? blocksOf(head, head.byIdentity.get(rule.name) ?? []) : []
}

function blocksOf(head: Readonly<State>, ids: readonly number[]): Block[] {
  return ids.flatMap((id) => head.blocks.get(id) ?? [])
}
