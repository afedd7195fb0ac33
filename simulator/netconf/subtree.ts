import { DataNode } from './data.ts'
import type { Element } from './xml.ts'

/**
 * The part of a tree that a subtree filter selects (RFC 6241 §6).
 * @param isLenient the filter's namespaces mean nothing
 */
export function selected(root: DataNode, filter: Element, isLenient: boolean): DataNode {
  const wanted = isLenient ? filter.children.map(withoutNamespace) : filter.children
  const copy = shell(root)
  for (const child of root.children.values()) for (const part of partsOf(child, wanted)) copy.add(part)
  return copy
}

function withoutNamespace(filter: Element): Element {
  return { ...filter, namespace: '', children: filter.children.map(withoutNamespace) }
}

/** A node under each filter that is about it, made one. */
function partsOf(one: DataNode, filters: readonly Element[]): DataNode[] {
  const parts = filters
    .filter(({ name, namespace }) => name === one.name && fits(one, namespace))
    .flatMap((filter) => partOf(one, filter) ?? [])
  const [first, ...more] = parts
  if (first === undefined) return []
  return [more.reduce(united, first)]
}

function fits(one: DataNode, namespace: string): boolean {
  // nodes without a namespace of their own were reached through their parent's
  return namespace === '' || one.schema.namespace === undefined || one.schema.namespace === namespace
}

function partOf(one: DataNode, filter: Element): DataNode | undefined {
  if (one.schema.kind === 'leaf' || one.schema.kind === 'leaf-list')
    return filter.text === '' || readAs(one, filter.text) === one.value ? one : undefined
  const matches = filter.children.filter(({ children, text }) => children.length === 0 && text !== '')
  const holds = matches.every((match) =>
    [...one.children.values()].some(
      (child) => child.name === match.name && readAs(child, match.text) === child.value,
    ),
  )
  if (!holds) return undefined
  // to match content alone selects all that stands beside it
  if (matches.length === filter.children.length) return one
  const copy = shell(one)
  for (const child of one.children.values()) {
    const isKey = one.schema.kind === 'list' && one.schema.keys.includes(child.name)
    const parts = partsOf(child, filter.children)
    if (isKey && parts.length === 0) copy.add(child)
    for (const part of parts) copy.add(part)
  }
  const isEmpty = copy.children.size === 0 && one.schema.kind === 'container'
  return isEmpty ? undefined : copy
}

function readAs({ schema }: DataNode, text: string): string | undefined {
  return schema.kind === 'leaf' || schema.kind === 'leaf-list' ? schema.type.read(text) : undefined
}

function united(a: DataNode, b: DataNode): DataNode {
  const copy = shell(a)
  copy.value = a.value
  for (const child of a.children.values()) copy.add(child)
  for (const child of b.children.values()) {
    const other = copy.children.get(child.id)
    copy.add(other === undefined ? child : united(other, child))
  }
  return copy
}

function shell(one: DataNode): DataNode {
  const copy = new DataNode(one.name, one.schema)
  copy.isInactive = one.isInactive
  copy.value = one.value
  return copy
}
