import { compareRules, type Ordered, orderedForm } from './order.ts'
import { limitRules, matchesOf } from './render.ts'
import type { Blackhole, FlowRule } from './rule.ts'

/** A rule as the kernel holds it: a chain of its own, so that its counters outlive every change around it. */
interface Entry {
  readonly id: number
  readonly rule: FlowRule
  readonly ordered: Ordered
}

/**
 * A chain of jumps to some rules that follow each other. To insert a rule, its page is written anew: nft can put a
 * rule between two others too, but fetches the whole table for it (11 ms at 1,000 rules, a page 2 ms).
 */
interface Page {
  readonly id: number
  readonly family: 4 | 6
  readonly entries: readonly Entry[]
}

/** A change that is to be made as one: the commands of nft, and how to remember it once it was done. */
export interface Transaction {
  readonly commands: readonly string[]
  done(): void
}

export const TABLE = 'inet flowspec'
const PAGE_MAX = 32

/**
 * Ahead of connection tracking, which would put fragments together before any rule sees them. Addresses without a
 * component cost one look into a set; rules are looked through in order, the first that matches decides.
 */
export const EMPTY_TABLE = `add table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  set blackhole4 { type ipv4_addr; counter; }
  set blackhole6 { type ipv6_addr; counter; }
  chain done { }
  chain flow4 { }
  chain flow6 { }
  chain ingress {
    type filter hook prerouting priority -450; policy accept;
    ip daddr @blackhole4 drop
    ip6 daddr @blackhole6 drop
    meta nfproto ipv4 goto flow4
    meta nfproto ipv6 goto flow6
  }
}
`

/** What a router holds of received rules, in the order of RFC 8955 §5.1. */
export class FlowTable {
  #pages: readonly Page[] = []
  #byKey: ReadonlyMap<string, Entry> = new Map()
  #blackholes: ReadonlyMap<string, Blackhole> = new Map()
  #lastId = 0

  /** In the order of evaluation. */
  get rules(): readonly { readonly id: number; readonly rule: FlowRule }[] {
    return this.#pages.flatMap(({ entries }) => entries)
  }

  get blackholes(): readonly Blackhole[] {
    return [...this.#blackholes.values()]
  }

  get keys(): string[] {
    return [...this.#byKey.keys(), ...this.#blackholes.keys()]
  }

  /** Undefined values are to go. Nothing of it is remembered before the transaction's `done`. */
  plan(
    flows: ReadonlyMap<string, FlowRule | undefined>,
    routes: ReadonlyMap<string, Blackhole | undefined>,
  ): Transaction {
    const changed = [...flows].filter(([key, rule]) => !sameAct(this.#byKey.get(key)?.rule, rule))
    const gone = changed.flatMap(([key]) => this.#byKey.get(key) ?? [])
    const made = changed.flatMap(([, rule]) => (rule === undefined ? [] : [this.#entry(rule)]))
    const pages = this.#rearranged(new Set(gone), made)
    const blackholes = changedBy(this.#blackholes, routes)
    return {
      commands: [
        ...made.flatMap(ruleCommands),
        ...pageCommands(this.#pages, pages),
        ...gone.flatMap(ruleRemoval),
        ...elementCommands(this.#blackholes, blackholes, routes.keys()),
      ],
      done: () => {
        this.#pages = pages
        this.#byKey = changedBy(this.#byKey, new Map(changed.map(([key]) => [key, undefined])))
        this.#byKey = changedBy(this.#byKey, new Map(made.map((entry) => [entry.rule.key, entry])))
        this.#blackholes = blackholes
      },
    }
  }

  #entry(rule: FlowRule): Entry {
    this.#lastId += 1
    return { id: this.#lastId, rule, ordered: orderedForm(rule) }
  }

  /** Pages that did not change stay the same objects. */
  #rearranged(gone: ReadonlySet<Entry>, made: readonly Entry[]): readonly Page[] {
    const kept = this.#pages.map((page) =>
      page.entries.some((entry) => gone.has(entry))
        ? { ...page, entries: page.entries.filter((entry) => !gone.has(entry)) }
        : page,
    )
    const filled = made.reduce<readonly Page[]>((pages, entry) => this.#withEntry(pages, entry), kept)
    return filled.filter(({ entries }) => entries.length > 0)
  }

  #withEntry(pages: readonly Page[], entry: Entry): Page[] {
    const { family } = entry.rule
    const starts = pages.map(
      (page) => page.family < family || (page.family === family && startsBefore(page, entry)),
    )
    const at = starts.lastIndexOf(true)
    const page = pages[at]
    if (page?.family !== family) return pages.toSpliced(at + 1, 0, this.#page(family, [entry]))
    const place = page.entries.findIndex((other) => compareRules(other.ordered, entry.ordered) > 0)
    const entries = page.entries.toSpliced(place === -1 ? page.entries.length : place, 0, entry)
    if (entries.length <= PAGE_MAX) return pages.toSpliced(at, 1, { ...page, entries })
    const half = entries.length >> 1
    const second = this.#page(family, entries.slice(half))
    return pages.toSpliced(at, 1, { ...page, entries: entries.slice(0, half) }, second)
  }

  #page(family: 4 | 6, entries: readonly Entry[]): Page {
    this.#lastId += 1
    return { id: this.#lastId, family, entries }
  }
}

function startsBefore(page: Page, entry: Entry): boolean {
  const first = page.entries[0]
  return first === undefined || compareRules(first.ordered, entry.ordered) <= 0
}

function sameAct(a: FlowRule | undefined, b: FlowRule | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && JSON.stringify(a.act) === JSON.stringify(b.act))
}

function changedBy<T>(
  before: ReadonlyMap<string, T>,
  changes: ReadonlyMap<string, T | undefined>,
): ReadonlyMap<string, T> {
  const after = new Map(before)
  for (const [key, value] of changes) {
    if (value === undefined) after.delete(key)
    else after.set(key, value)
  }
  return after
}

export function ruleChain(id: number): string {
  return `rule${id}`
}

export function limitChain(id: number): string {
  return `limit${id}`
}

function ruleCommands({ id, rule }: Entry): string[] {
  const { act } = rule
  const plain = 'drop' in act ? 'counter drop' : 'counter accept'
  const verdict = 'rate' in act ? `counter goto ${limitChain(id)}` : plain
  const limit = 'rate' in act ? chainWith(limitChain(id), limitRules(act.rate)) : []
  return [
    ...limit,
    ...chainWith(
      ruleChain(id),
      matchesOf(rule).map((match) => `${match} ${verdict}`),
    ),
  ]
}

function chainWith(chain: string, rules: readonly string[]): string[] {
  return [`add chain ${TABLE} ${chain}`, ...rules.map((rule) => `add rule ${TABLE} ${chain} ${rule}`)]
}

function removal(chain: string): string[] {
  return [`flush chain ${TABLE} ${chain}`, `delete chain ${TABLE} ${chain}`]
}

function ruleRemoval({ id, rule }: Entry): string[] {
  return [...removal(ruleChain(id)), ...('rate' in rule.act ? removal(limitChain(id)) : [])]
}

function pageCommands(before: readonly Page[], after: readonly Page[]): string[] {
  const held = new Map(before.map((page) => [page.id, page]))
  const commands: string[] = []
  for (const page of after) {
    if (held.get(page.id) === page) continue
    const chain = pageChain(page)
    const jumps = page.entries.map(({ id }) => `jump ${ruleChain(id)}`)
    // to add what is there already does no harm
    commands.push(
      `add chain ${TABLE} ${chain}`,
      `flush chain ${TABLE} ${chain}`,
      ...chainWith(chain, jumps).slice(1),
    )
  }
  for (const family of [4, 6] as const) commands.push(...bookCommands(family, before, after))
  const left = new Set(after.map(({ id }) => id))
  return [
    ...commands,
    ...before.filter(({ id }) => !left.has(id)).flatMap((page) => removal(pageChain(page))),
  ]
}

function bookCommands(family: 4 | 6, before: readonly Page[], after: readonly Page[]): string[] {
  const chains = (pages: readonly Page[]): string[] =>
    pages.filter((page) => page.family === family).map(pageChain)
  if (chains(before).join() === chains(after).join()) return []
  const book = `flow${family}`
  const jumps = chains(after).map((chain) => `jump ${chain}`)
  return [`flush chain ${TABLE} ${book}`, ...chainWith(book, jumps).slice(1)]
}

function pageChain({ id }: Page): string {
  return `page${id}`
}

function elementCommands(
  before: ReadonlyMap<string, Blackhole>,
  after: ReadonlyMap<string, Blackhole>,
  changed: Iterable<string>,
): string[] {
  return [...changed].flatMap((key) => {
    const route = after.get(key) ?? before.get(key)
    if (!route || before.has(key) === after.has(key)) return []
    const verb = after.has(key) ? 'add' : 'delete'
    return [`${verb} element ${TABLE} blackhole${route.family} { ${route.address} }`]
  })
}
