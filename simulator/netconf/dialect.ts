import { BASE, type RpcError } from './rpc-error.ts'
import type { Element } from './xml.ts'

/** Where makers of routers differ about the same protocol. */
export interface Dialect {
  /** elements of any namespace, or none, are taken for the configuration's own */
  readonly isLenient: boolean
  /** deleting what is not there: refused, or done with a warning */
  readonly missing: 'error' | 'warning'
  /** the path in an error, from the names and keys that lead there */
  path(steps: readonly Step[]): string
  /** somebody else has the lock: a session, or a person with session 0 */
  lockDenied(holder: Holder): RpcError
  /** somebody else has the lock of what is to be changed */
  inUseBy(holder: Holder): RpcError
  /** what is to be locked holds somebody's changes */
  lockOfDirty(by: Holder): RpcError
}

export interface Step {
  readonly name: string
  readonly keys: Readonly<Record<string, string>>
}

/** Who holds a lock or left changes. */
export interface Holder {
  /** 0: not a session of NETCONF */
  readonly session: number
  readonly person: string
}

const YANG = 'urn:ietf:params:xml:ns:yang:1'

export type Operation = 'merge' | 'replace' | 'create' | 'delete' | 'remove' | 'none'
const OPERATIONS: readonly string[] = ['merge', 'replace', 'create', 'delete', 'remove']

/** What an element's attribute asks for; undefined: it has none. @returns also what is no operation at all */
export function operationOf(element: Element, { isLenient }: Dialect): string | undefined {
  const { attributes } = element
  return attributes.get(`{${BASE}}operation`) ?? (isLenient ? attributes.get('operation') : undefined)
}

export function isOperation(text: string): text is Operation {
  return OPERATIONS.includes(text)
}

export interface Placing {
  readonly where: string
  /** keys by name, or a leaf-list's value under the empty name */
  readonly beside: Readonly<Record<string, string>>
}

/** Where an entry of a list in the user's order is to go (RFC 7950 §7.8.6; Junos: without a namespace). */
export function placingOf({ attributes }: Element, { isLenient }: Dialect): Placing | undefined {
  const of = (name: string): string | undefined =>
    attributes.get(`{${YANG}}${name}`) ?? (isLenient ? attributes.get(name) : undefined)
  const where = of('insert')
  if (where === undefined) return undefined
  const name = isLenient ? attributes.get('name') : undefined
  const value = of('value')
  return {
    where,
    beside: {
      ...keysIn(of('key') ?? ''),
      ...(name === undefined ? {} : { name }),
      ...(value === undefined ? {} : { '': value }),
    },
  }
}

/** `[acl:name='x'][y="z"]` */
function keysIn(predicates: string): Record<string, string> {
  const found = predicates.matchAll(/\[\s*(?:[\w-]+:)?([\w-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]/g)
  return Object.fromEntries([...found].map(([, name = '', single, double]) => [name, single ?? double ?? '']))
}
