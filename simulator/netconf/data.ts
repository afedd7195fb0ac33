import type { Schema } from './schema.ts'
import { node, type XmlNode } from './xml.ts'

/** A node of a configuration. What shares a parent is found by name, and by key or value where a name has many. */
export class DataNode {
  readonly name: string
  readonly schema: Schema
  readonly children = new Map<string, DataNode>()
  /** of leaves */
  value = ''
  /** it is kept, and does nothing (Junos: deactivated) */
  isInactive = false

  constructor(name: string, schema: Schema) {
    this.name = name
    this.schema = schema
  }

  /** By what its parent finds it. */
  get id(): string {
    const { schema } = this
    if (schema.kind === 'leaf-list') return idOf(this.name, [this.value])
    if (schema.kind !== 'list') return this.name
    return idOf(
      this.name,
      schema.keys.map((key) => this.leafValue(key) ?? ''),
    )
  }

  clone(): DataNode {
    const copy = new DataNode(this.name, this.schema)
    copy.value = this.value
    copy.isInactive = this.isInactive
    for (const [id, child] of this.children) copy.children.set(id, child.clone())
    return copy
  }

  add(child: DataNode): void {
    this.children.set(child.id, child)
  }

  child(name: string): DataNode | undefined {
    return this.children.get(name)
  }

  leafValue(name: string): string | undefined {
    return this.children.get(name)?.value
  }

  /** The node at the end of these names, in containers. */
  at(...names: readonly string[]): DataNode | undefined {
    return names.reduce<DataNode | undefined>((one, name) => one?.child(name), this)
  }

  /** The active ones of a name, in order; `inactive` ones and all below them do nothing. */
  all(name: string): DataNode[] {
    return [...this.children.values()].filter((one) => one.name === name && !one.isInactive)
  }

  values(name: string): string[] {
    return this.all(name).map(({ value }) => value)
  }

  /** Whether there is anything of it: a container that says nothing by itself may be empty. */
  get isThere(): boolean {
    const { schema } = this
    if (schema.kind !== 'container' || schema.isPresence || this.isInactive) return true
    return [...this.children.values()].some((one) => one.isThere)
  }
}

export function idOf(name: string, values: readonly string[]): string {
  return `${name} ${JSON.stringify(values)}`
}

/** A configuration without what is deactivated. */
export function activePart(root: DataNode): DataNode {
  const copy = new DataNode(root.name, root.schema)
  copy.value = root.value
  for (const child of root.children.values()) if (!child.isInactive) copy.add(activePart(child))
  return copy
}

/** Every node below with something to say. @param keep left out: all of them */
export function xmlOf(one: DataNode, keep: (child: DataNode) => boolean = () => true): XmlNode {
  const { schema } = one
  const inactive = one.isInactive ? { inactive: 'inactive' } : {}
  const namespace = schema.namespace === undefined ? {} : { namespace: schema.namespace }
  if (schema.kind === 'leaf' || schema.kind === 'leaf-list') {
    const module = schema.type.identitiesOf
    const text = module === undefined ? one.value : `${module.prefix}:${one.value}`
    const declared = module === undefined ? {} : { [`xmlns:${module.prefix}`]: module.namespace }
    return node(one.name, text, { attributes: { ...declared, ...inactive }, ...namespace })
  }
  const children = [...one.children.values()].filter((child) => child.isThere && keep(child))
  return node(
    one.name,
    children.map((child) => xmlOf(child)),
    { attributes: inactive, ...namespace },
  )
}
