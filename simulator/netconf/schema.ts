/** A configuration's shape, as far as a simulated router has it (RFC 7950's words). */
export type Schema = ContainerSchema | ListSchema | LeafSchema | LeafListSchema

interface Common {
  /** left out: its parent's */
  readonly namespace?: string
  /**
   * In lines of commands its name is left out, since its value or key says it: Junos writes
   * `prefix-list NAME PREFIX` for `prefix-list/prefix-list-item`.
   */
  readonly isImplied?: boolean
}

export interface ContainerSchema extends Common {
  readonly kind: 'container'
  /** it says something by being there */
  readonly isPresence?: boolean
  readonly children: Children
}

export interface ListSchema extends Common {
  readonly kind: 'list'
  readonly keys: readonly string[]
  readonly isOrderedByUser?: boolean
  readonly children: Children
}

export interface LeafSchema extends Common {
  readonly kind: 'leaf'
  readonly type: LeafType
}

export interface LeafListSchema extends Common {
  readonly kind: 'leaf-list'
  readonly isOrderedByUser?: boolean
  readonly type: LeafType
}

export type Children = Readonly<Record<string, Schema>>

export interface LeafType {
  readonly what: string
  /** The value as it is kept; undefined: it is none of this type. */
  read(text: string): string | undefined
  /** the module that names are of, which have a prefix when written */
  readonly identitiesOf?: { readonly prefix: string; readonly namespace: string }
}

export const STRING: LeafType = { what: 'a string', read: (text) => text }
export const EMPTY: LeafType = { what: 'empty', read: (text) => (text === '' ? '' : undefined) }
export const BOOLEAN: LeafType = oneOf('true', 'false')

export function oneOf(...values: readonly string[]): LeafType {
  return { what: `one of ${values.join(', ')}`, read: (text) => (values.includes(text) ? text : undefined) }
}

export function matching(what: string, fits: (text: string) => boolean): LeafType {
  return { what, read: (text) => (fits(text) ? text : undefined) }
}

export function integer(low: number, high: number): LeafType {
  return matching(
    `a number from ${low} to ${high}`,
    (text) => /^\d+$/.test(text) && Number(text) >= low && Number(text) <= high,
  )
}

/** Names of a module; with whatever prefix the client has for it, or none. */
export function identity(prefix: string, namespace: string, ...names: readonly string[]): LeafType {
  const read = (text: string): string | undefined => {
    const name = text.slice(text.indexOf(':') + 1)
    return names.includes(name) ? name : undefined
  }
  return { what: `one of ${names.join(', ')}`, read, identitiesOf: { prefix, namespace } }
}

export function container(children: Children, more: Partial<ContainerSchema> = {}): ContainerSchema {
  return { kind: 'container', children, ...more }
}

/** A list whose key is the leaf of that name. */
export function list(
  key: string,
  keyType: LeafType,
  children: Children,
  more: Partial<ListSchema> = {},
): ListSchema {
  return { kind: 'list', keys: [key], children: { [key]: leaf(keyType), ...children }, ...more }
}

export function leaf(type: LeafType, more: Partial<LeafSchema> = {}): LeafSchema {
  return { kind: 'leaf', type, ...more }
}

export function leafList(type: LeafType, more: Partial<LeafListSchema> = {}): LeafListSchema {
  return { kind: 'leaf-list', type, isOrderedByUser: true, ...more }
}
