/** What a NAS does wrong; each can be set at any time. */
export interface Faults {
  /** Hears everything, does and answers nothing. */
  silent: boolean
  /** Does not hear the first copies of each request, so many. */
  deaf: number
  /** Does and answers everything so much later. */
  delayMs: number
  /** Refuses everything with this Error-Cause. */
  refuse: number | undefined
  /** Says that it did what it was asked to, and does nothing. */
  lie: boolean
  /** A station that was disconnected is back at once, with a new session. */
  reconnects: boolean
  /** Says nothing to accounting when a session has ended. */
  noStop: boolean
  /** Somebody else answers first, and better, but does not know the secret. */
  forge: boolean
}

export const NO_FAULTS: Readonly<Faults> = {
  ...{ silent: false, deaf: 0, delayMs: 0, refuse: undefined },
  ...{ lie: false, reconnects: false, noStop: false, forge: false },
}
