import type { Evidence } from '../../adapters/adapter.ts'
import type { Rule } from '../domain/rule.ts'
import type { Device } from '../inventory/inventory.ts'
import type { EnforcerWatch } from './enforcer-watch.ts'
import { type Entry, type HoldingState, inForce, needsChange } from './entry.ts'

/** What is known of one rule on one device, for people. */
export interface Holding {
  readonly device: string
  readonly rule: string
  readonly state: HoldingState
  readonly evidence: Evidence
  /** The best evidence that the device can give, and whether the rule is in force by it. */
  readonly best: Evidence
  readonly inForce: boolean
  readonly error?: { readonly class: string; readonly words: string }
  /** Per enforcing router that is witnessed: whether it was seen to have the rule in effect. */
  readonly enforcers: readonly SeenAt[]
}

/** Whether an enforcing router was seen to have a rule in effect; `why`, what is wrong with that. */
export interface SeenAt {
  readonly name: string
  readonly seen: boolean
  readonly why?: string
}

/** The best evidence that a device can give for rules that are witnessed at some of its enforcing routers, or not. */
export function bestEvidence({ capabilities }: Device, witnessed: boolean): Evidence {
  switch (capabilities.evidence) {
    case 'enforcer':
      return 'read-back'
    case 'speaker':
      return witnessed ? 'witnessed' : 'acknowledged'
    case 'none':
      return 'none'
  }
}

export function holdingOf(
  device: Device,
  watch: EnforcerWatch,
  rule: Rule,
  entry: Entry | undefined,
): Holding {
  const watched = watch.enforcersOf(rule)
  const best = bestEvidence(device, watched.length > 0)
  return {
    device: device.name,
    rule: rule.key,
    state: entry?.state ?? 'no',
    evidence: entry?.evidence ?? 'none',
    best,
    inForce: entry !== undefined && inForce(entry, best),
    ...(entry?.error === undefined ? {} : { error: entry.error }),
    enforcers: watched.map(({ name, bit }) => seenAt(watch, name, bit, rule.key, entry)),
  }
}

function seenAt(
  watch: EnforcerWatch,
  name: string,
  bit: number,
  key: string,
  entry: Entry | undefined,
): SeenAt {
  const why = entry === undefined ? undefined : watch.whyNot(bit, key)
  const seen = entry !== undefined && (entry.seen & (1 << bit)) !== 0
  return { name, seen, ...(why === undefined ? {} : { why }) }
}

/** Whether nothing of the entry can be in effect any more. */
export function isGone(entry: Entry | undefined): boolean {
  return (
    entry === undefined ||
    (entry.blocks === undefined && entry.state === 'no' && entry.seen === 0 && !needsChange(entry))
  )
}
