import type { Hearing, Listener } from '../../domain/hearing.ts'
import type { MailAddress } from '../../domain/mail-address.ts'
import type { NoticeKind } from '../../domain/message.ts'
import { contactsFor } from '../../inventory/contacts.ts'
import { belongsTo, type Inventory } from '../../inventory/inventory.ts'

export const DESK = 'desk'
export const ESCALATION = 'escalation'
export const APPROVERS = 'approvers'

/** The names of receivers, as notices carry them. */
export function itssOf(department: string): string {
  return `itss:${department}`
}

/** What a receiver may see: the IT support of a department what lies in it, whom the site has named everything. */
export function sightOf(key: string): { readonly departments?: readonly string[] } {
  return key.startsWith('itss:') ? { departments: [key.slice('itss:'.length)] } : {}
}

/** Whether what is told is the receiver's to do something about here. */
export function isConcerned(key: string): boolean {
  return !key.startsWith('listener:') && !isHome(key)
}

/** The organisation that visitors come from. */
export function homeOf(realm: string): string {
  return `home:${realm}`
}

export function isHome(key: string): boolean {
  return key.startsWith('home:')
}

export function contactOf(connection: string): string {
  return `connection:${connection}`
}

export function listenerKey({ name }: Pick<Listener, 'name'>): string {
  return `listener:${name}`
}

export function hears(
  inventory: Inventory,
  { of, departments }: Listener,
  what: NoticeKind,
  about: readonly string[],
): boolean {
  if (of !== undefined && !of.includes(what)) return false
  return departments === undefined || about.some((name) => belongsTo(inventory, name, departments))
}

/** Where something goes for a receiver: to addresses, to a webhook; or why nowhere. */
export type Destination =
  | { readonly by: 'mail'; readonly to: readonly MailAddress[]; readonly instead?: string }
  | { readonly by: `webhook:${string}` }
  | { readonly nobody: string }

/**
 * Who is behind the name of a receiver, as things are now. Whom a department has not got is the desk, which is told in whose
 * place.
 */
export function destinationOf(inventory: Inventory, hearing: Hearing, key: string): Destination {
  const [kind = '', ...rest] = key.split(':')
  const name = rest.join(':')
  switch (kind) {
    case 'itss':
      return contacts(inventory, hearing, { kind: 'department', name })
    case 'connection':
      return contacts(inventory, hearing, { kind: 'connection', name })
    case 'home':
      return ofHome(inventory, hearing, name)
    case 'listener':
      return ofListener(hearing, name)
    case DESK:
      return addressed(hearing.desk, 'the desk has no address')
    case ESCALATION:
      return addressed(hearing.escalation.length === 0 ? hearing.desk : hearing.escalation, 'nobody is told')
    default:
      return addressed(hearing.approvers, 'approvers have no address')
  }
}

function contacts(
  inventory: Inventory,
  hearing: Hearing,
  who: { readonly kind: 'department' | 'connection'; readonly name: string },
): Destination {
  const found = contactsFor(inventory, who).flatMap(({ contacts: people }) => people)
  const itss = found.filter(({ as }) => as === 'itss')
  const to = unique((itss.length > 0 ? itss : found).map(({ name, mail }) => ({ name, mail })))
  if (to.length > 0) return { by: 'mail', to }
  const none = `${who.kind} ${who.name} has no contact`
  return hearing.desk.length > 0 ? { by: 'mail', to: hearing.desk, instead: none } : { nobody: none }
}

function ofHome({ accounts, contacts: all }: Inventory, hearing: Hearing, realm: string): Destination {
  const contact = all.get(accounts.homeOfRealm(realm) ?? '')
  if (contact !== undefined) return { by: 'mail', to: [{ name: contact.name, mail: contact.mail }] }
  const none = `${realm}, where the account lives, has no contact any more`
  return hearing.desk.length > 0 ? { by: 'mail', to: hearing.desk, instead: none } : { nobody: none }
}

function ofListener({ listeners }: Hearing, name: string): Destination {
  const listener = listeners.find((one) => one.name === name)
  if (listener === undefined) return { nobody: `there is no listener '${name}' any more` }
  return 'webhook' in listener.by
    ? { by: `webhook:${listener.by.webhook}` }
    : { by: 'mail', to: listener.by.mail }
}

function addressed(to: readonly MailAddress[], why: string): Destination {
  return to.length === 0 ? { nobody: why } : { by: 'mail', to: unique(to) }
}

function unique(addresses: readonly MailAddress[]): MailAddress[] {
  return [...new Map(addresses.map((address) => [address.mail, address])).values()]
}
