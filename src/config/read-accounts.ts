import { parseAccount, parseRealm, parseStation } from '../domain/identity.ts'
import { InputError } from '../domain/input-error.ts'
import type { AccountLists, ProtectedIdentity } from '../inventory/accounts.ts'
import type { Path, Problems } from './problems.ts'
import type { SiteFile } from './site-schema.ts'

/** `@campus.example` stands for all accounts of a realm. @throws InputError */
function readAccounts(text: string): string {
  return text.startsWith('@') ? `@${parseRealm(text.slice(1))}` : parseAccount(text)
}

/** What `site.accounts` says, with the protected accounts and stations. */
export function readAccountLists(
  site: SiteFile,
  protectedOnes: readonly ProtectedIdentity[],
  problems: Problems,
): AccountLists {
  const { realms = [], visitors = [] } = site.accounts ?? {}
  const place: Path = ['site', 'accounts']
  const own = once(realms, [...place, 'realms'], problems)
  const known = (site.contacts ?? []).map(({ name }) => name)
  return {
    realms: own,
    protected: protectedOnes,
    visitors: visitors.flatMap(({ realm: text, contact }, index) => {
      const path: Path = [...place, 'visitors', index]
      problems.requireKnown([...path, 'contact'], 'contact', contact, known)
      const realm = problems.take([...path, 'realm'], () => foreign(parseRealm(text), own))
      return realm === undefined ? [] : [{ realm, contact }]
    }),
  }
}

function once(realms: readonly string[], place: Path, problems: Problems): readonly string[] {
  const seen = new Set<string>()
  for (const [index, text] of realms.entries()) {
    const path: Path = [...place, index]
    const realm = problems.take(path, () => parseRealm(text))
    if (realm === undefined) continue
    if (seen.has(realm)) problems.add(path, `${realm} is there twice`)
    seen.add(realm)
  }
  return [...seen]
}

function foreign(realm: string, own: readonly string[]): string {
  if (own.includes(realm))
    throw new InputError('realm', `${realm} is a realm of ours: nobody visits from there`)
  return realm
}

/** Accounts of a department; one that is in two departments would be shown to both. */
export function readDepartmentAccounts(site: SiteFile, problems: Problems): readonly (readonly string[])[] {
  const taken = new Map<string, string>()
  return (site.departments ?? []).map(({ name, accounts = [] }, index) =>
    accounts.flatMap((text, at) => {
      const path: Path = ['site', 'departments', index, 'accounts', at]
      const who = problems.take(path, () => readAccounts(text))
      if (who === undefined) return []
      const other = taken.get(who)
      if (other !== undefined) problems.add(path, `${who} is in department ${other} already`)
      taken.set(who, name)
      return [who]
    }),
  )
}

/** Who a protected entry is about, where it is an account or a station. @throws InputError */
export function readProtectedWho({ account, station }: { account?: string; station?: string }): string {
  return account === undefined ? parseStation(station ?? '') : readAccounts(account)
}
