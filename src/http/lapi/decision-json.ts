import type { Decision } from '../../app/lists/decision-book.ts'
import { isHostPrefix, type Prefix, prefixAddress } from '../../domain/prefix.ts'

/** What decisions of ours are called, for bouncers that choose by that. */
const ORIGIN = 'cordon'
const SCENARIO = 'cordon/block'
const TYPE = 'ban'

/** Which decisions are asked for, as queries have it: several with commas. */
export interface DecisionFilter {
  readonly scopes?: string | undefined
  readonly origins?: string
  readonly type?: string
  readonly scenarios_containing?: string
  readonly scenarios_not_containing?: string
}

/** Tells whether a value is asked for. */
export function filterOf(filter: DecisionFilter): (value: Prefix) => boolean {
  const { type, scenarios_containing: containing, scenarios_not_containing: without } = filter
  const scopes = partsOf(filter.scopes?.toLowerCase())
  const ours =
    partsOf(filter.origins)?.includes(ORIGIN) !== false &&
    (type === undefined || type === TYPE) &&
    partsOf(containing)?.some((part) => SCENARIO.includes(part)) !== false &&
    partsOf(without)?.some((part) => SCENARIO.includes(part)) !== true
  return (value) => ours && scopes?.includes(scopeOf(value).toLowerCase()) !== false
}

function partsOf(text: string | undefined): readonly string[] | undefined {
  return text === undefined || text === '' ? undefined : text.split(',').map((part) => part.trim())
}

function scopeOf(value: Prefix): 'Ip' | 'Range' {
  return isHostPrefix(value) ? 'Ip' : 'Range'
}

/** As CrowdSec's local API writes it. @param left milliseconds; what is over is told as none */
export function decisionJson({ value, id }: Decision, left: number): string {
  const text = isHostPrefix(value) ? prefixAddress(value) : value
  const named = `{"id":${id},"origin":"${ORIGIN}","scenario":"${SCENARIO}","type":"${TYPE}"`
  return `${named},"scope":"${scopeOf(value)}","value":"${text}","duration":"${goDuration(left)}"}`
}

/** As Go writes durations, to the millisecond: `3h59m0.5s`. */
function goDuration(ms: number): string {
  const all = Math.max(0, Math.round(ms))
  const hours = Math.floor(all / 3_600_000)
  const minutes = Math.floor((all % 3_600_000) / 60_000)
  return `${hours}h${minutes}m${(all % 60_000) / 1_000}s`
}
