import { aggregatePrefixes, type Prefix, subtractPrefixes } from '../domain/prefix.ts'
import { canonical, type Entry, entriesOf, type Kind, sortedTexts } from './canonical.ts'
import type { InventoryLists } from './inventory.ts'

/** What happened to one entry, as a face can print it. */
export interface InventoryChange {
  readonly kind: Exclude<Kind, 'host'>
  /** `own` for own space; a range is called by its prefix. */
  readonly name: string
  readonly what: 'added' | 'removed' | 'changed'
  /** Space that it has now and did not have, and the other way round, as few prefixes as possible. */
  readonly gained: readonly Prefix[]
  readonly lost: readonly Prefix[]
  /** Other fields that say something else now; `prefixes` when the same space is only written in another way. */
  readonly fields: readonly string[]
}

export interface InventoryComparison {
  /** By kind, then by name. */
  readonly changes: readonly InventoryChange[]
  /** Hosts that are known by name, counted as name and address: there may be a hundred thousand. */
  readonly hosts: {
    readonly before: number
    readonly after: number
    readonly added: number
    readonly removed: number
    /** The same name and address with another department or description. */
    readonly changed: number
  }
}

/** What is different in `after`. Nothing is exactly when both have the same {@link inventoryDigest}. */
export function compareInventories(before: InventoryLists, after: InventoryLists): InventoryComparison {
  const { host: hostsBefore, ...a } = entriesOf(before)
  const { host: hostsAfter, ...b } = entriesOf(after)
  const kinds = Object.keys(a) as Exclude<Kind, 'host'>[]
  const changes = kinds.flatMap((kind) => {
    const [old, fresh] = [grouped(kind, a[kind]), grouped(kind, b[kind])]
    const keys = sortedTexts([...old.keys(), ...fresh.keys()])
    return keys.flatMap((key) => changeOf(kind, old.get(key) ?? [], fresh.get(key) ?? []))
  })
  return { changes, hosts: compareHosts(hostsBefore, hostsAfter) }
}

/** Whether nothing changed. */
export function isSame({ changes, hosts }: InventoryComparison): boolean {
  return changes.length === 0 && hosts.added + hosts.removed + hosts.changed === 0
}

/** Entries that are one and the same thing. A protected entry is one by its name, its role and its prefix. */
function grouped(kind: Kind, entries: readonly Entry[]): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const isPlaced = kind === 'protected' || kind === 'host'
    const key = isPlaced
      ? canonical([entry.name, entry.prefixes, entry.fields['role'], entry.fields['who']])
      : entry.name
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [entry])
    else group.push(entry)
  }
  return groups
}

function changeOf(
  kind: InventoryChange['kind'],
  before: readonly Entry[],
  after: readonly Entry[],
): InventoryChange[] {
  const name = (after[0] ?? before[0])?.name ?? ''
  const [old, fresh] = [before, after].map((entries) => entries.flatMap(({ prefixes }) => prefixes))
  const gained = without(fresh ?? [], old ?? [])
  const lost = without(old ?? [], fresh ?? [])
  if (before.length === 0) return [{ kind, name, what: 'added', gained, lost, fields: [] }]
  if (after.length === 0) return [{ kind, name, what: 'removed', gained, lost, fields: [] }]
  const fields = fieldsThatDiffer(before, after)
  const rewritten =
    gained.length + lost.length === 0 && spelled(before) !== spelled(after) && fields.length === 0
  if (gained.length + lost.length + fields.length === 0 && !rewritten) return []
  return [{ kind, name, what: 'changed', gained, lost, fields: rewritten ? ['prefixes'] : fields }]
}

function without(prefixes: readonly Prefix[], others: readonly Prefix[]): Prefix[] {
  return aggregatePrefixes(prefixes.flatMap((prefix) => subtractPrefixes(prefix, others)))
}

function fieldsThatDiffer(before: readonly Entry[], after: readonly Entry[]): string[] {
  const names = sortedTexts([...before, ...after].flatMap(({ fields }) => Object.keys(fields)))
  const said = (entries: readonly Entry[], name: string): string =>
    sortedTexts(entries.map(({ fields }) => canonical([fields[name]]))).join()
  return names.filter((name) => said(before, name) !== said(after, name))
}

/** All that the entries say, also which prefixes they write for the same space. */
function spelled(entries: readonly Entry[]): string {
  return sortedTexts(entries.map(({ prefixes, fields }) => canonical([sortedTexts(prefixes), fields]))).join()
}

function compareHosts(before: readonly Entry[], after: readonly Entry[]): InventoryComparison['hosts'] {
  const [old, fresh] = [grouped('host', before), grouped('host', after)]
  const common = [...fresh].filter(([key]) => old.has(key))
  return {
    before: old.size,
    after: fresh.size,
    added: fresh.size - common.length,
    removed: old.size - common.length,
    changed: common.filter(([key, entries]) => spelled(entries) !== spelled(old.get(key) ?? [])).length,
  }
}
