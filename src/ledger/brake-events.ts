export interface BreakerTripped {
  readonly type: 'breaker.tripped'
  /** `all`, `source:TOKEN` or `department:NAME`. */
  readonly breaker: string
  readonly limit: string
  readonly source: string
}

export interface BreakerReset {
  readonly type: 'breaker.reset'
  readonly breaker: string
  readonly by: string
}

/** Nothing automatic is taken until somebody lets it go on. */
export interface AutomationFrozen {
  readonly type: 'automation.frozen'
  readonly by: string
  readonly reason: string
}

export interface AutomationThawed {
  readonly type: 'automation.thawed'
  readonly by: string
}

/** Ends automatic blocks, all of them over as many of these as it takes. */
export interface AutomationPanicked {
  readonly type: 'automation.panicked'
  readonly blocks: readonly number[]
  readonly by: string
}

/** Nothing that this token asks for is taken until somebody lets it go on; what it ends is. */
export interface SourceMuted {
  readonly type: 'source.muted'
  readonly token: string
  readonly by: string
  readonly reason: string
}

export interface SourceUnmuted {
  readonly type: 'source.unmuted'
  readonly token: string
  readonly by: string
}
