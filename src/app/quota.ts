/** One limit, how much of it is used, and what happens to it. */
export interface Quota {
  readonly name: QuotaName
  /** Of one department. */
  readonly department?: string
  readonly used: number
  readonly most: number
  /** What is counted, in words. */
  readonly counts: string
  /** When some of it is free again by itself, where that is known; milliseconds since 1970. */
  readonly freesAt?: number
}

export const QUOTA_NAMES = [
  'active',
  'proposals',
  'own-hosts-day',
  'emergencies',
  'department-share',
  'attempts-minute',
  'attempts-hour',
  'source-blocks',
  'all-attempts-minute',
  'all-attempts-hour',
  'all-blocks',
  'department-automatic',
] as const

export type QuotaName = (typeof QUOTA_NAMES)[number]

/** From this share on a quota is named in answers. */
const NEAR = 0.8

/** Quotas that are used to so great a part that somebody should know. */
export function nearOf(quotas: readonly Quota[]): Quota[] {
  return quotas.filter(({ used, most }) => used >= NEAR * most)
}
