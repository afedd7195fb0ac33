import type { RadiusConfig } from './config.ts'

const DEFAULTS = {
  ...{ retryAfter: 2_000, answerWithin: 10_000, interval: 30_000 },
  ...{ forgetAfter: 24, maxSessions: 100_000, maxEntries: 1_000 },
}

export type Limits = typeof DEFAULTS

export function limitsOf(config: RadiusConfig): Limits {
  const { retryAfter, answerWithin, interval, forgetAfter, maxSessions, maxEntries } = {
    ...DEFAULTS,
    ...config,
  }
  return { retryAfter, answerWithin, interval, forgetAfter, maxSessions, maxEntries }
}

/** Whether it can be read back that somebody has no session: where every NAS tells of its sessions. */
export function evidenceOf({ accounting, nas }: RadiusConfig): 'enforcer' | 'speaker' {
  return accounting !== undefined && nas.every(({ byName }) => byName !== true) ? 'enforcer' : 'speaker'
}
