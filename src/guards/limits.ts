import type { BlockingRole } from '../domain/role.ts'

/** The most that one who has a role may do. What is left out is not limited by the role. */
export interface RoleLimits {
  /** IPv4 addresses that one block hits without another's agreement. */
  readonly ipv4Addresses?: number
  /** Length of the widest IPv6 prefix in such a block. */
  readonly ipv6Length?: number
  /** Milliseconds that a block may last; one without an end lasts longer. */
  readonly duration?: number
  /** Blocks that are on at once. */
  readonly active?: number
  /** Share of a department's users whose hosts may be off at once without another's agreement; one host always may. */
  readonly departmentShare?: number
}

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
    /** That one person, or machine, may have waiting. */
    readonly waiting: number
    /** Milliseconds that an emergency block lasts at the most unless others agree. */
    readonly emergency: number
    /** Emergency blocks of one person within a day. */
    readonly emergencies: number
  }
  /** Who has several roles gets the most generous of each. */
  readonly roles: Readonly<Record<BlockingRole, RoleLimits>>
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
  /** Milliseconds after a release on request for which a repeat counts as one. */
  readonly probation: number
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
  roles: {
    analyst: { active: 10_000, departmentShare: 0.25 },
    trigger: { ipv4Addresses: 256, ipv6Length: 48, duration: 7 * 24 * 3_600_000, active: 1_000 },
  },
  breaker: {
    ...{ perMinute: 10, perHour: 100, hosts: 25 },
    ...{ departmentHosts: 25, departmentShare: 0.1 },
    ...{ allPerMinute: 30, allPerHour: 300, allHosts: 100 },
  },
  probation: 14 * 24 * 3_600_000,
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
    | 'limits'
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
