import { durationText, parseDuration } from '../domain/duration.ts'
import { RETENTION_RULES, type RetentionTimes } from '../domain/retention.ts'
import type { Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'

const DAY = 24 * 3_600_000

/**
 * How long personal data is kept.
 * @param neededMs until then the past of a block decides about others: how long it is in memory, and the probation
 */
export function readRetention(
  { retention = {} }: ConfigFile,
  neededMs: number,
  found: Problems,
): RetentionTimes {
  const times = RETENTION_RULES.flatMap((rule) => {
    const text = retention[rule]
    const ms = text === undefined ? undefined : found.take(['retention', rule], () => parseDuration(text))
    if (ms === undefined) return []
    const least = rule === 'blocks' ? Math.max(DAY, neededMs) : DAY
    if (ms < least)
      found.add(
        ['retention', rule],
        `is ${durationText(least)} at the least${least === DAY ? '' : ': until then what was blocked decides about what comes again (limits.probation, ledger.retainEnded)'}`,
      )
    return [[rule, ms] as const]
  })
  return Object.fromEntries(times)
}
