import { DataNode } from './data.ts'
import { type Dialect, isOperation, type Operation, operationOf, placingOf, type Step } from './dialect.ts'
import { place } from './placing.ts'
import { badElement, RpcError, RpcErrors } from './rpc-error.ts'
import type { LeafListSchema, LeafSchema, LeafType, ListSchema, Schema } from './schema.ts'
import { childOf, type Element, node } from './xml.ts'

export interface EditOptions {
  /** left out: merge */
  readonly defaultOperation?: 'merge' | 'replace' | 'none'
  /** what can be done is done, though something else cannot */
  readonly continuesOnError?: boolean
  /** `remove` is of base:1.1 (RFC 6241 §7.2) */
  readonly knowsRemove?: boolean
}

/**
 * Changes a tree as `<edit-config>` says (RFC 6241 §7.2), in place: give it a copy.
 * @returns warnings, and what could not be done where the edit goes on
 * @throws RpcErrors when something of it cannot be done; then the tree is of no use
 */
export function applyEdit(
  root: DataNode,
  config: Element,
  dialect: Dialect,
  options: EditOptions = {},
): RpcError[] {
  const edit = new Edit(dialect, options)
  edit.children(root, config.children, options.defaultOperation ?? 'merge', [])
  const errors = edit.errors.filter(({ isWarning }) => !isWarning)
  if (errors.length > 0 && options.continuesOnError !== true) throw new RpcErrors(errors)
  return edit.errors
}

class Edit {
  readonly errors: RpcError[] = []
  readonly #dialect: Dialect
  readonly #options: EditOptions

  constructor(dialect: Dialect, options: EditOptions) {
    this.#dialect = dialect
    this.#options = options
  }

  children(
    parent: DataNode,
    elements: readonly Element[],
    operation: Operation,
    path: readonly Step[],
  ): void {
    for (const element of elements) {
      try {
        this.#apply(parent, element, operation, path)
      } catch (error) {
        if (!(error instanceof RpcError)) throw error
        this.errors.push(error)
        if (!this.#options.continuesOnError) throw new RpcErrors([error])
      }
    }
  }

  #apply(parent: DataNode, element: Element, inherited: Operation, path: readonly Step[]): void {
    const schema = this.#schemaOf(parent, element, path)
    const operation = this.#operation(element, inherited, path)
    if (schema.kind === 'leaf') this.#leaf(parent, element, schema, operation, path)
    else if (schema.kind === 'leaf-list') this.#leafList(parent, element, schema, operation, path)
    else this.#inner(parent, element, schema, operation, path)
  }

  #schemaOf(parent: DataNode, { name, namespace }: Element, path: readonly Step[]): Schema {
    const { schema } = parent
    const found =
      'children' in schema && Object.hasOwn(schema.children, name) ? schema.children[name] : undefined
    const where = this.#path([...path, { name, keys: {} }])
    if (found === undefined) throw badElement('unknown-element', name, `unknown element ${name}`, where)
    if (!this.#dialect.isLenient && found.namespace !== undefined && found.namespace !== namespace) {
      const info = [node('bad-element', name), node('bad-namespace', namespace)]
      throw new RpcError('unknown-namespace', `${name} is not of this namespace`, { info, path: where })
    }
    return found
  }

  #operation(element: Element, inherited: Operation, path: readonly Step[]): Operation {
    const word = operationOf(element, this.#dialect)
    if (word === undefined) return inherited
    const where = this.#path([...path, { name: element.name, keys: {} }])
    if (!isOperation(word)) {
      const info = [node('bad-attribute', 'operation'), node('bad-element', element.name)]
      throw new RpcError('bad-attribute', `no operation ${word}`, { info, path: where })
    }
    if (word === 'remove' && this.#options.knowsRemove === false)
      throw new RpcError('operation-not-supported', 'base:1.1 protocol not enabled', {
        type: 'protocol',
        path: where,
      })
    return word
  }

  #leaf(
    parent: DataNode,
    element: Element,
    schema: LeafSchema,
    operation: Operation,
    path: readonly Step[],
  ): void {
    const steps = [...path, { name: element.name, keys: {} }]
    const deletes = operation === 'delete' || operation === 'remove'
    const value = deletes ? '' : this.#value(element, schema.type, steps)
    const fresh = new DataNode(element.name, schema)
    fresh.value = value
    this.#put(parent, fresh, element, operation, steps)
  }

  #leafList(
    parent: DataNode,
    element: Element,
    schema: LeafListSchema,
    operation: Operation,
    path: readonly Step[],
  ): void {
    const steps = [...path, { name: element.name, keys: { '.': element.text } }]
    const fresh = new DataNode(element.name, schema)
    fresh.value = this.#value(element, schema.type, steps)
    this.#put(parent, fresh, element, operation, steps)
  }

  #inner(
    parent: DataNode,
    element: Element,
    schema: Exclude<Schema, LeafSchema | LeafListSchema>,
    operation: Operation,
    path: readonly Step[],
  ): void {
    const keys = schema.kind === 'list' ? this.#keys(element, schema, path) : {}
    const steps = [...path, { name: element.name, keys }]
    const fresh = new DataNode(element.name, schema)
    for (const [name, value] of Object.entries(keys)) {
      const child = new DataNode(name, keyLeaf(schema, name))
      child.value = value
      fresh.add(child)
    }
    const held = this.#put(parent, fresh, element, operation, steps)
    if (held === undefined) return
    const inner = operation === 'create' || operation === 'replace' ? 'merge' : operation
    const rest = element.children.filter(({ name }) => !Object.hasOwn(keys, name))
    this.children(held, rest, inner, steps)
  }

  /** @returns what stands there afterwards; undefined: nothing more is to be done below it */
  #put(
    parent: DataNode,
    fresh: DataNode,
    element: Element,
    operation: Operation,
    steps: readonly Step[],
  ): DataNode | undefined {
    const old = parent.children.get(fresh.id)
    const isThere = old?.isThere ?? false
    if (operation === 'delete' || operation === 'remove') {
      if (!isThere && operation === 'delete') this.#missing(steps)
      parent.children.delete(fresh.id)
      return undefined
    }
    if (operation === 'create' && isThere)
      throw new RpcError('data-exists', `${element.name} is already there`, { path: this.#path(steps) })
    const isImplicit = fresh.schema.kind === 'container'
    if (operation === 'none' && !isThere && !isImplicit) this.#missing(steps)
    if (operation === 'none' && isLeaf(fresh)) return undefined
    const held = this.#settle(parent, fresh, old, operation)
    const inactive = element.attributes.get('inactive')
    if (inactive !== undefined) held.isInactive = inactive !== 'active'
    if (element.attributes.has('active')) held.isInactive = false
    const placing = placingOf(element, this.#dialect)
    if (placing) place(parent, held, placing, this.#path(steps))
    return isLeaf(held) ? undefined : held
  }

  #settle(parent: DataNode, fresh: DataNode, old: DataNode | undefined, operation: Operation): DataNode {
    if (old === undefined) {
      parent.add(fresh)
      return fresh
    }
    if (isLeaf(old)) old.value = fresh.value
    else if (operation === 'replace') {
      old.children.clear()
      for (const child of fresh.children.values()) old.add(child)
      old.isInactive = false
    }
    return old
  }

  /** @throws unless it is only worth a warning */
  #missing(steps: readonly Step[]): void {
    const name = steps.at(-1)?.name ?? ''
    const path = this.#path(steps)
    if (this.#dialect.missing === 'error') throw new RpcError('data-missing', `there is no ${name}`, { path })
    this.errors.push(
      new RpcError('operation-failed', `statement not found: ${name}`, {
        type: 'protocol',
        severity: 'warning',
        path,
      }),
    )
  }

  #keys(element: Element, schema: ListSchema, path: readonly Step[]): Record<string, string> {
    return Object.fromEntries(
      schema.keys.map((name) => {
        const given = childOf(element, name)
        const where = this.#path([...path, { name: element.name, keys: {} }])
        if (given === undefined)
          throw badElement('missing-element', name, `${element.name} needs its ${name}`, where)
        return [
          name,
          this.#value(given, keyLeaf(schema, name).type, [...path, { name: element.name, keys: {} }]),
        ]
      }),
    )
  }

  #value(element: Element, type: LeafType, steps: readonly Step[]): string {
    const value = type.read(element.text)
    if (value !== undefined) return value
    const info = [node('bad-element', element.name), node('bad-value', element.text)]
    throw new RpcError('invalid-value', `${element.name} must be ${type.what}`, {
      info,
      path: this.#path(steps),
    })
  }

  #path(steps: readonly Step[]): string {
    return this.#dialect.path(steps)
  }
}

function isLeaf({ schema }: DataNode): boolean {
  return schema.kind === 'leaf' || schema.kind === 'leaf-list'
}

function keyLeaf(schema: Schema, name: string): LeafSchema {
  const found = 'children' in schema ? schema.children[name] : undefined
  if (found?.kind === 'leaf') return found
  throw new Error(`the key ${name} is not a leaf of its list`)
}
