import { realmOf } from '../domain/identity.ts'
import type { IdentityTarget } from '../domain/target.ts'

/** An account, all accounts of a realm, or a station, that is never blocked. */
export interface ProtectedIdentity {
  /** `user@realm`, `@realm`, or the MAC address of a station. */
  readonly who: string
  readonly name: string
  readonly owner?: string
  readonly reason?: string
  /** The day after which somebody should ask whether it must still be here: YYYY-MM-DD. */
  readonly review?: string
}

/** Whom to tell about accounts of another organisation that are seen here. */
export interface VisitorRealm {
  readonly realm: string
  /** Name of a contact. */
  readonly contact: string
}

export interface AccountLists {
  /** Whose accounts are the site's own. */
  readonly realms: readonly string[]
  readonly protected: readonly ProtectedIdentity[]
  readonly visitors: readonly VisitorRealm[]
}

export const NO_ACCOUNTS: AccountLists = { realms: [], protected: [], visitors: [] }

/** What the site has said of accounts and stations. Nothing in it asks a directory. */
export class Accounts {
  readonly #realms: ReadonlySet<string>
  readonly #protected: ReadonlyMap<string, ProtectedIdentity>
  readonly #departments: ReadonlyMap<string, string>
  readonly #visitors: ReadonlyMap<string, string>

  constructor(
    { realms, protected: entries, visitors }: AccountLists,
    departments: readonly { readonly name: string; readonly accounts?: readonly string[] }[],
  ) {
    this.#realms = new Set(realms)
    this.#protected = new Map(entries.map((entry) => [entry.who, entry]))
    this.#visitors = new Map(visitors.map(({ realm, contact }) => [realm, contact]))
    this.#departments = new Map(
      departments.flatMap(({ name, accounts = [] }) => accounts.map((who) => [who, name] as const)),
    )
  }

  /** Whether the account is of the site, so that there may be a directory here that has it. */
  isOwn(account: string): boolean {
    return this.#realms.has(realmOf(account))
  }

  /** Why an account or a station is never blocked. An account by itself counts before all of its realm. */
  protectedEntry({ kind, name }: IdentityTarget): ProtectedIdentity | undefined {
    return (
      this.#protected.get(name) ?? (kind === 'account' ? this.#protected.get(realmWord(name)) : undefined)
    )
  }

  get protected(): readonly ProtectedIdentity[] {
    return [...this.#protected.values()]
  }

  /** The department that an account is in; of stations nothing is known. */
  departmentOf({ kind, name }: IdentityTarget): string | undefined {
    if (kind !== 'account') return undefined
    return this.#departments.get(name) ?? this.#departments.get(realmWord(name))
  }

  /** Name of the contact at the organisation that a visitor comes from, where the site has said so. */
  homeContact(account: string): string | undefined {
    return this.homeOfRealm(realmOf(account))
  }

  /** As {@link homeContact}, of all accounts of a realm. */
  homeOfRealm(realm: string): string | undefined {
    return this.#visitors.get(realm)
  }
}

/** How all accounts of a realm are written. */
function realmWord(account: string): string {
  return `@${realmOf(account)}`
}
