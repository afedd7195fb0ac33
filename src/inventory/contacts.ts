import { realmOf } from '../domain/identity.ts'
import { type Prefix, prefixesOverlap } from '../domain/prefix.ts'
import type { IdentityTarget, Target } from '../domain/target.ts'
import { ancestorsOf } from './department-tree.ts'
import { departmentsAt } from './departments-at.ts'
import { departmentsOfIdentity } from './identities.ts'
import { type Contact, type Inventory, isOwn } from './inventory.ts'

/** Whom to ask about: a target, an account (`user@realm`), a domain or the name of a host. */
export type ContactQuestion = Target | { readonly kind: 'domain'; readonly name: string }

/** Somebody to write to, and as what they are in the inventory; `abuse` is in no inventory. */
export interface Reached extends Contact {
  readonly as: 'itss' | 'contact' | 'abuse'
}

/** Those who answer for one party that the question is about. */
export interface ContactAnswer {
  /** `department physics`, `connection museum`, `example.org`, or the address itself. */
  readonly of: string
  readonly contacts: readonly Reached[]
  /** Where they come from: the party itself, what it is a part of, the abuse mailbox of a domain; or there are none. */
  readonly from: 'own' | 'parent' | 'abuse' | 'nobody'
  /** The same as a sentence, for people. */
  readonly why: string
}

/**
 * Who answers for a target. One answer for each party: a prefix may hold several departments. A party without contacts
 * has those of the nearest department that it is a part of; what is nobody's here has the abuse mailbox of its domain
 * (RFC 2142), where a name is known.
 */
export function contactsFor(inventory: Inventory, question: ContactQuestion): ContactAnswer[] {
  switch (question.kind) {
    case 'department':
      return [ofDepartment(inventory, question.name)]
    case 'connection':
      return [ofConnection(inventory, question.name)]
    case 'account':
      return [ofAccount(inventory, question)]
    case 'station':
      return [nobody(question.name, `nothing here says whose station ${question.name} is`)]
    case 'domain':
      return [ofDomain(question.name, question.name)]
    case 'host':
      return ofPrefix(inventory, question.prefix)
  }
}

function ofDepartment(inventory: Inventory, name: string): ContactAnswer {
  const { departments } = inventory
  const of = `department ${name}`
  if (!departments.has(name)) return nobody(of, `there is no department '${name}'`)
  const own = departmentContacts(inventory, name)
  if (own.length > 0) return { of, contacts: own, from: 'own', why: `contacts of ${of}` }
  for (const parent of ancestorsOf(departments, name)) {
    const contacts = departmentContacts(inventory, parent)
    if (contacts.length > 0)
      return {
        of,
        contacts,
        from: 'parent',
        why: `${of} has none; contacts of department ${parent} above it`,
      }
  }
  return nobody(of, `neither ${of} nor any above it has contacts`)
}

/** Its IT support first: they are the ones who can do something. Who is both is told once. */
function departmentContacts({ departments, contacts }: Inventory, name: string): Reached[] {
  const { itss = [], contacts: others = [] } = departments.get(name) ?? {}
  return [
    ...itss.map((contact) => [contact, 'itss'] as const),
    ...others.filter((contact) => !itss.includes(contact)).map((contact) => [contact, 'contact'] as const),
  ].flatMap(([contact, as]) => {
    const known = contacts.get(contact)
    return known === undefined ? [] : [{ ...known, as }]
  })
}

function ofConnection({ connections, contacts }: Inventory, name: string): ContactAnswer {
  const of = `connection ${name}`
  const connection = connections.get(name)
  if (connection === undefined) return nobody(of, `there is no connection '${name}'`)
  const contact = connection.contact === undefined ? undefined : contacts.get(connection.contact)
  if (contact === undefined) return nobody(of, `${of} has no contact`)
  return { of, contacts: [{ ...contact, as: 'contact' }], from: 'own', why: `contact of ${of}` }
}

/** Its department's for one of ours, what the site says of visitors, or else the abuse mailbox of its realm. */
function ofAccount(inventory: Inventory, target: IdentityTarget): ContactAnswer {
  const { name } = target
  const [department] = departmentsOfIdentity(inventory, target)
  if (department !== undefined) return ofDepartment(inventory, department)
  const home = inventory.contacts.get(inventory.accounts.homeContact(name) ?? '')
  if (home !== undefined)
    return {
      of: name,
      contacts: [{ ...home, as: 'contact' }],
      from: 'own',
      why: `contact for ${realmOf(name)}`,
    }
  if (inventory.accounts.isOwn(name)) return nobody(name, 'an account of ours that is in no department')
  return ofDomain(realmOf(name), name)
}

function ofPrefix(inventory: Inventory, prefix: Prefix): ContactAnswer[] {
  const departments = departmentsAt(inventory, prefix).map((name) => ofDepartment(inventory, name))
  if (departments.length > 0) return departments
  const connections = [...inventory.connections.values()]
    .filter(({ prefixes }) => prefixes.some((own) => prefixesOverlap(own, prefix)))
    .map(({ name }) => ofConnection(inventory, name))
  if (connections.length > 0) return connections
  if (isOwn(inventory, prefix)) return [nobody(prefix, 'own space that belongs to no department')]
  const domains = new Set(inventory.hosts.namesOf(prefix).map(domainOfHost))
  if (domains.size === 0) return [nobody(prefix, 'an outside address of which no name is known')]
  return [...domains].map((domain) => ofDomain(domain, prefix))
}

/** Second labels below which a country registers names, so that a name of three labels may be a whole domain there. */
const REGISTRIES = new Set(['ac', 'co', 'com', 'edu', 'go', 'gov', 'ne', 'net', 'or', 'org'])

/** The domain that a host name most likely stands in: without its first label, but never what a registry has. */
function domainOfHost(name: string): string {
  const rest = name.split('.').slice(1)
  const [second = '', top = ''] = rest.slice(-2)
  if (rest.length < 2 || (rest.length === 2 && top.length === 2 && REGISTRIES.has(second))) return name
  return rest.join('.')
}

function ofDomain(name: string, about: string): ContactAnswer {
  const domain = name.trim().toLowerCase().replace(/\.$/, '')
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) return nobody(about, `'${name}' is no domain`)
  const contact: Reached = { name: `abuse of ${domain}`, mail: `abuse@${domain}`, as: 'abuse' }
  const why = `nobody here answers for it; the abuse mailbox of ${domain} (RFC 2142), which may not exist`
  return { of: about, contacts: [contact], from: 'abuse', why }
}

function nobody(of: string, why: string): ContactAnswer {
  return { of, contacts: [], from: 'nobody', why }
}
