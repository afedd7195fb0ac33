/**
 * What personal data is kept for how long:
 * - `blocks`: all that is said of a block, from its end on;
 * - `requests`: all that is said of a request about no block, from when it was settled;
 * - `triggers`: what sources said where no block came of it;
 * - `mail`: mails about no block and no request;
 * - `reads`: what somebody was shown, where it was not about one block;
 * - `devices`: notes of adapters, and why people held devices, once others stand in their place.
 */
export const RETENTION_RULES = ['blocks', 'requests', 'triggers', 'mail', 'reads', 'devices'] as const

export type RetentionRule = (typeof RETENTION_RULES)[number]

/** Who has erased what no person has: in the place of a token. */
export const BY_RETENTION = 'retention'

/** In milliseconds; what is not there stays for good. */
export type RetentionTimes = Readonly<Partial<Record<RetentionRule, number>>>
