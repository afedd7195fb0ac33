import { type DataNode, idOf } from './data.ts'
import type { Placing } from './dialect.ts'
import { RpcError } from './rpc-error.ts'
import { node } from './xml.ts'

/**
 * Moves an entry among those of its name, all of which keep their place among others.
 * @throws RpcError when it is to stand beside one that is not there (RFC 7950 §15.7)
 */
export function place(parent: DataNode, entry: DataNode, { where, beside }: Placing, path: string): void {
  const all = [...parent.children.values()].filter((one) => one !== entry)
  const at = indexFor(all, entry, where, beside)
  if (at === undefined) {
    const info = [node('bad-attribute', 'insert'), node('bad-element', entry.name)]
    throw new RpcError('bad-attribute', `nothing to insert ${entry.name} ${where}`, {
      appTag: 'missing-instance',
      info,
      path,
    })
  }
  parent.children.clear()
  for (const one of all.toSpliced(at, 0, entry)) parent.add(one)
}

function indexFor(
  all: readonly DataNode[],
  entry: DataNode,
  where: string,
  beside: Placing['beside'],
): number | undefined {
  const own = all.flatMap((one, at) => (one.name === entry.name ? [at] : []))
  const first = own[0] ?? all.length
  if (where === 'first') return first
  if (where === 'last') return (own.at(-1) ?? all.length - 1) + 1
  const { schema } = entry
  const values = schema.kind === 'list' ? schema.keys.map((key) => beside[key] ?? '') : [beside[''] ?? '']
  const at = all.findIndex(({ id }) => id === idOf(entry.name, values))
  if (at === -1 || !['before', 'after'].includes(where)) return undefined
  return where === 'before' ? at : at + 1
}
