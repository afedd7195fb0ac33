const HOUR = 3_600_000

/** How long something is wanted. Times are milliseconds since 1970. */
export interface Term {
  /** When the first of those that want it began. */
  readonly began: number
  /** When the last of them ends; `null` is never. */
  readonly end: number | null
}

/** From the first beginning to the last end. */
export function joined(terms: readonly Term[]): Term | undefined {
  const [first, ...others] = terms
  if (first === undefined) return undefined
  return others.reduce(
    (all, { began, end }) => ({
      began: Math.min(all.began, began),
      end: all.end === null || end === null ? null : Math.max(all.end, end),
    }),
    first,
  )
}

/** Between two renewals, in milliseconds. */
const RENEWED = 8 * HOUR

/** The longest that a bouncer is told anything for: whatever it did not hear of ends by then. */
export const LONGEST_LEASE = 3 * RENEWED

/**
 * Until when a bouncer is told to enforce what ends at `end`, in milliseconds since 1970; `null` is never. It keeps
 * what it was told until then whatever becomes of us, so that is 16 to 24 hours at the most, renewed every 8, with two
 * renewals that may be missed. The same at any moment of those 8 hours, and so the same after a restart; each value
 * has its own 8 hours, so that not all are renewed at once.
 */
export function leaseOf(value: string, end: number | null, now: number): number {
  const offset = spreadOf(value)
  const renewals = Math.floor((now - offset) / RENEWED)
  const lease = offset + renewals * RENEWED + LONGEST_LEASE
  return end === null ? lease : Math.min(end, lease)
}

/** A number from 0 to the time between two renewals that only the text decides. */
function spreadOf(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x9e3779b1)
  return (sum >>> 0) % RENEWED
}
