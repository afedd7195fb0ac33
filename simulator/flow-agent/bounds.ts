import { maskOf, type Prefix, readPrefix } from './address.ts'
import { isPrefixComponent } from './order.ts'
import type { FlowRule } from './rule.ts'

/** What this router lets a flow specification be about; GoBGP's own policies cannot look into one. */
export interface Bounds {
  readonly own: readonly string[]
  readonly never: readonly string[]
}

/**
 * Why a rule is refused, or undefined. Each of its ends must lie within own space or wholly outside it, must not
 * touch what is never to be blocked, and one of the two must be there.
 */
export function whyRefused(rule: Pick<FlowRule, 'components'>, bounds: Bounds): string | undefined {
  const ends = rule.components.filter(isPrefixComponent)
  if (ends.length === 0) return 'it names neither a destination nor a source'
  for (const { prefix, offset } of ends) {
    if (offset !== 0) return `${prefix} has an offset, so it could be anywhere`
    const end = readPrefix(prefix)
    const never = bounds.never.find((one) => overlap(readPrefix(one), end))
    if (never !== undefined) return `${prefix} touches ${never}`
    const own = bounds.own.map(readPrefix).find((one) => overlap(one, end))
    if (own && own.length > end.length) return `${prefix} is wider than own space`
  }
  return undefined
}

function overlap(a: Prefix, b: Prefix): boolean {
  if (a.width !== b.width) return false
  const common = maskOf(a.width, 0, Math.min(a.length, b.length))
  return (a.bits & common) === (b.bits & common)
}
