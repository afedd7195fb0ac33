import { componentsText } from '../domain/match.ts'
import { matchCovers } from '../domain/match-sets.ts'
import { actionText, type FilterRule, type Rule } from '../domain/rule.ts'
import type { Gap, Placed } from '../placement/place.ts'
import type { Overlaps, Shadow, Shadowed } from './overlaps.ts'

interface Managed {
  readonly device: { readonly name: string }
  readonly overlaps: Overlaps | undefined
}

export function isFlow(rule: Rule): rule is FilterRule {
  return rule.kind === 'flow'
}

/** The rules that were placed for a block, with those that stand beside them so that they do what they should. */
export function withBeside(
  devices: Iterable<Managed>,
  block: number,
  placed: readonly Placed[],
): readonly Placed[] {
  let all = placed
  for (const { device, overlaps } of devices) {
    const rules = overlaps?.intersectionsOf(block) ?? []
    if (rules.length === 0) continue
    const there = new Set(placed.flatMap((one) => (one.device === device.name ? one.rule.key : [])))
    const beside = rules.filter(({ key }) => !there.has(key))
    all = [...all, ...beside.map((rule): Placed => ({ device: device.name, rule }))]
  }
  return all
}

/** The rules of one placement that are not in another. */
export function notAmong(placed: readonly Placed[], others: readonly Placed[]): readonly Placed[] {
  const there = new Set(others.map(({ device, rule }) => `${device} ${rule.key}`))
  return placed.filter(({ device, rule }) => !there.has(`${device} ${rule.key}`))
}

/** What of these rules routers would try after weaker ones, and what would stand beside them. */
export function overlapsOf(
  devices: ReadonlyMap<string, Managed>,
  placed: readonly Placed[],
): { readonly gaps: readonly Gap[]; readonly beside: readonly Placed[] } {
  const gaps: Gap[] = []
  const beside: Placed[] = []
  for (const { device, rule } of placed) {
    const overlaps = isFlow(rule) ? devices.get(device)?.overlaps : undefined
    if (!isFlow(rule) || overlaps === undefined) continue
    gaps.push(...overlaps.shadowsOf(rule).map((shadow) => shadowGap(device, shadow)))
    gaps.push(...overlaps.shadowedBy(rule).map((shadowed) => shadowedGap(device, shadowed)))
    beside.push(...overlaps.intersectionsWith(rule).map((one): Placed => ({ device, rule: one })))
  }
  return { gaps, beside }
}

function namesOf(blocks: readonly number[]): string {
  return blocks.map((id) => `Cordon#${id}`).join(', ')
}

function shadowedGap(device: string, { rule, over, blocks }: Shadowed): Gap {
  const why = `shadows ${namesOf(blocks)}: routers try ${rule} before ${over.key} (${actionText(over.action)})`
  return { device, code: 'shadows', why }
}

function shadowGap(device: string, { rule, by, blocks }: Shadow): Gap {
  const why = `shadowed by ${namesOf(blocks)}: routers try ${by.key} (${actionText(by.action)}) before ${rule}`
  return { device, code: 'shadowed', why }
}

/**
 * Whether a placed rule explains one on a device: as the same, as one that stood beside it, or as itself before the
 * site's allow list was changed, or before rules left out control traffic.
 */
export function explains(placed: Rule, rule: Rule): boolean {
  if (placed.key === rule.key) return true
  if (!('match' in placed && 'match' in rule) || placed.kind !== rule.kind) return false
  return isFlow(placed) ? matchCovers(placed.match, rule.match) : differInWhatIsLeftOut(placed, rule)
}

/** Whether two filters are the same but for what they leave out. */
function differInWhatIsLeftOut({ match: a }: FilterRule, { match: b }: FilterRule): boolean {
  if ([a.except, b.except, a.keep, b.keep].every((one) => one === undefined)) return false
  if (a.destination !== b.destination || a.source !== b.source) return false
  return componentsText(a.components) === componentsText(b.components)
}
