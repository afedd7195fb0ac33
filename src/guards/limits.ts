/** What a site allows; every number is configuration, the defaults are DESIGN §6. */
export interface Limits {
  /** Above these a block is wide and needs a second person. */
  readonly wide: {
    /** IPv4 addresses of own space. */
    readonly ipv4Addresses: number
    /** Longest and so narrowest IPv6 prefix of own space that is already wide when more than one fits in: 64. */
    readonly ipv6Length: number
    /** Shortest outside prefixes that are not wide. */
    readonly outsideIpv4Length: number
    readonly outsideIpv6Length: number
    /** Users behind the shared addresses that a block hits. */
    readonly sharedUsers: number
    /** Hosts of own space that one person blocks within a day. */
    readonly ownHostsInADay: number
  }
  readonly proposals: {
    /** Milliseconds until one lapses that nobody agreed to. */
    readonly lapse: number
    /** That one token may have waiting. */
    readonly waiting: number
    /** Milliseconds that an emergency block lasts at the most unless others agree. */
    readonly emergency: number
    /** Emergency blocks of one person within a day. */
    readonly emergencies: number
  }
  /** Active blocks that one token may have, by the kind of its owner. */
  readonly active: { readonly person: number; readonly automatic: number }
  readonly breaker: {
    /** Attempts of one source. */
    readonly perMinute: number
    readonly perHour: number
    /** Hosts in force from one source. */
    readonly hosts: number
    /** Hosts of one department in force from all sources, and their share of its users. */
    readonly departmentHosts: number
    readonly departmentShare: number
    /** The same of all sources together. */
    readonly allPerMinute: number
    readonly allPerHour: number
    readonly allHosts: number
  }
  /** Whether blocks of a source may rest on evidence that anyone can forge. */
  readonly spoofableSources: 'refuse' | 'allow'
  /** Plan entries that no event explains hold a device above both of these. */
  readonly plan: { readonly entries: number; readonly share: number }
}

export const DEFAULT_LIMITS: Limits = {
  wide: {
    ipv4Addresses: 16,
    ipv6Length: 64,
    outsideIpv4Length: 24,
    outsideIpv6Length: 48,
    sharedUsers: 25,
    ownHostsInADay: 256,
  },
  proposals: { lapse: 24 * 3_600_000, waiting: 100, emergency: 30 * 60_000, emergencies: 3 },
  active: { person: 10_000, automatic: 1_000 },
  breaker: {
    ...{ perMinute: 10, perHour: 100, hosts: 25 },
    ...{ departmentHosts: 25, departmentShare: 0.1 },
    ...{ allPerMinute: 30, allPerHour: 300, allHosts: 100 },
  },
  spoofableSources: 'refuse',
  plan: { entries: 10, share: 0.1 },
}

/** Why a guard says no. `guard` names it, `code` is stable, `message` says what would be right. */
export interface Refusal {
  readonly guard:
    | 'target'
    | 'authority'
    | 'bounds'
    | 'space'
    | 'protected'
    | 'consent'
    | 'wide'
    | 'totals'
    | 'breaker'
    | 'evidence'
    | 'binding'
    | 'expiry'
    | 'placement'
    | 'policy'
  readonly code: string
  readonly message: string
}
