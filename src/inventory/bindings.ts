import type { Holder } from '../domain/lease.ts'
import { type Prefix, prefixFamily } from '../domain/prefix.ts'
import type { Binding } from './binding.ts'
import { addressWords, BindingColumns, macNumber } from './binding-columns.ts'
import { compareAddresses, equalRows, rowsBy, sortedRows } from './binding-order.ts'

/** Where somebody who had an address then is now. */
export interface Whereabouts {
  readonly holder: Holder
  /** `same`, still there; `moved`, only at other addresses of the same family; `gone`, at none. */
  readonly state: 'same' | 'moved' | 'gone'
  /** What they have now, of that family. */
  readonly addresses: readonly Prefix[]
  /** Whether somebody else has the address that they had, by now. */
  readonly taken: boolean
}

/**
 * Who had which address when. It never changes: {@link bindingsWith} makes another. Rows stand by address, then by
 * their beginning; among those of one address each stands in the middle of a part of which it knows the latest end, so
 * that what holds at one moment is found without reading what ended long ago.
 */
export class Bindings {
  readonly #rows: BindingColumns
  readonly #latestEnd: Float64Array
  readonly #byMac: Uint32Array
  readonly #byUser: Uint32Array

  /** @param rows sorted and without doubles, as {@link bindingsFrom} gives them */
  constructor(rows: BindingColumns) {
    this.#rows = rows
    this.#latestEnd = new Float64Array(rows.size)
    for (let start = 0; start < rows.size; ) {
      let end = start + 1
      while (end < rows.size && compareAddresses(rows, start, end) === 0) end += 1
      this.#markEnds(start, end)
      start = end
    }
    this.#byMac = rowsBy(rows.numbers.mac, rows.size, (mac) => mac >= 0)
    this.#byUser = rowsBy(rows.ids.user, rows.size, (user) => user > 0)
  }

  get size(): number {
    return this.#rows.size
  }

  /** The columns that it stands on, for {@link bindingsWith}. */
  get rows(): BindingColumns {
    return this.#rows
  }

  /**
   * Every binding of an address that can be meant at `time`, when that is wrong by `error` at the most (milliseconds).
   * With a port, ranges of ports behind a NAT count only where it lies in them; what names no ports counts always.
   */
  at(address: Prefix, time: number, error: number, port?: number): Binding[] {
    const [start, end] = this.#span(address)
    const found: number[] = []
    this.#visit(start, end, time - error, time + error, found)
    const { fromPort, toPort } = this.#rows.ids
    const meant = found.filter(
      (row) =>
        port === undefined ||
        (fromPort[row] ?? 0) > 65_535 ||
        ((fromPort[row] ?? 0) <= port && port <= (toPort[row] ?? 0)),
    )
    return this.#inOrder(meant, address)
  }

  /** All bindings of a device, by its MAC address in the writing of `parseMac`. */
  ofMac(mac: string): Binding[] {
    return this.#inOrder(equalRows(this.#byMac, this.#rows.numbers.mac, macNumber(mac)))
  }

  /** All bindings of a user, in the writing of `parseUser`. */
  ofUser(user: string): Binding[] {
    const id = this.#rows.texts.find(user)
    return id === undefined ? [] : this.#inOrder(equalRows(this.#byUser, this.#rows.ids.user, id))
  }

  /**
   * Where those who can have had an address at `since` are at `now`: several where that is ambiguous, none where nobody
   * is known to have had it. A device is followed by its MAC address, a user only where no device is named.
   */
  moved(address: Prefix, since: number, now: number, error = 0, port?: number): Whereabouts[] {
    const holders = holdersOf(this.at(address, since, error, port))
    return holders.map((holder) => this.whereIs(holder, address, now))
  }

  /** Where a holder is now who had this address. */
  whereIs(holder: Holder, address: Prefix, now: number): Whereabouts {
    const all = holder.by === 'mac' ? this.ofMac(holder.name) : this.ofUser(holder.name)
    const there = all
      .filter(({ from, until }) => from <= now && (until === null || until > now))
      .map((binding) => binding.address)
      .filter((other) => prefixFamily(other) === prefixFamily(address))
    const state = there.includes(address) ? 'same' : there.length > 0 ? 'moved' : 'gone'
    const others = holdersOf(this.at(address, now, 0)).filter(
      ({ by, name }) => by !== holder.by || name !== holder.name,
    )
    return { holder, state, addresses: [...new Set(there)], taken: others.length > 0 }
  }

  /** Sets the latest end of each part of one address's rows, and returns that of the whole. */
  #markEnds(start: number, end: number): number {
    if (start >= end) return Number.NEGATIVE_INFINITY
    const middle = (start + end) >>> 1
    const own = this.#rows.numbers.until[middle] ?? 0
    const latest = Math.max(own, this.#markEnds(start, middle), this.#markEnds(middle + 1, end))
    this.#latestEnd[middle] = latest
    return latest
  }

  #visit(start: number, end: number, earliest: number, latest: number, found: number[]): void {
    if (start >= end) return
    const middle = (start + end) >>> 1
    if ((this.#latestEnd[middle] ?? 0) <= earliest) return
    this.#visit(start, middle, earliest, latest, found)
    const { from, until } = this.#rows.numbers
    if ((from[middle] ?? 0) > latest) return
    if ((until[middle] ?? 0) > earliest) found.push(middle)
    this.#visit(middle + 1, end, earliest, latest, found)
  }

  /** The rows of an address: the first, and the one after the last. */
  #span(address: Prefix): [start: number, end: number] {
    const words = addressWords(address)
    return [this.#bound(words, 0), this.#bound(words, 1)]
  }

  /** The first row that stands not before (`after` 0) or beyond (1) an address. */
  #bound(words: readonly [number, number, number, number], after: 0 | 1): number {
    const { a0, a1, a2, a3 } = this.#rows.ids
    let [low, high] = [0, this.#rows.size]
    while (low < high) {
      const middle = (low + high) >>> 1
      const order =
        (a0[middle] ?? 0) - words[0] ||
        (a1[middle] ?? 0) - words[1] ||
        (a2[middle] ?? 0) - words[2] ||
        (a3[middle] ?? 0) - words[3]
      if (order < after) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Numbers of texts follow the order of input; what is answered must not. */
  #inOrder(rows: readonly number[], address?: Prefix): Binding[] {
    const found = rows.map((row) => this.#rows.binding(row, address))
    return found.length < 2 ? found : sortedBindings(found)
  }
}

/** Whoever these bindings speak of, each once. */
export function holdersOf(bindings: readonly Binding[]): Holder[] {
  const holders = new Map<string, Holder>()
  for (const { mac, user } of bindings) {
    if (mac !== undefined) holders.set(`mac ${mac}`, { by: 'mac', name: mac })
    else if (user !== undefined) holders.set(`user ${user}`, { by: 'user', name: user })
  }
  return [...holders.values()]
}

function sortedBindings(bindings: Binding[]): Binding[] {
  return bindings.sort((a, b) => a.from - b.from || (keyOf(a) < keyOf(b) ? -1 : 1))
}

function keyOf({ address, mac, user, port, fromPort, toPort, until, source }: Binding): string {
  return JSON.stringify([until, address, mac, user, port, fromPort, toPort, source])
}

/** Bindings of all these: in whatever order they come, and each once however often it comes. */
export function bindingsFrom(bindings: Iterable<Binding>): Bindings {
  return bindingsWith(undefined, bindings)
}

/** Those of before and more, as another index; what was sorted already is not sorted again. */
export function bindingsWith(before: Bindings | undefined, more: Iterable<Binding>): Bindings {
  const rows = before === undefined ? new BindingColumns() : before.rows.copy()
  if (more instanceof BindingColumns) rows.append(more)
  else for (const binding of more) rows.add(binding)
  return new Bindings(rows.pick(sortedRows(rows)))
}

/** What still held at `time`, or began later: for a site that keeps no longer who had which address. */
export function bindingsSince(bindings: Bindings, time: number): Bindings {
  // Made anew from all of them, so that no name of one that is gone is kept.
  return bindingsFrom(lasting(bindings.rows, time))
}

function* lasting(rows: Iterable<Binding>, time: number): Generator<Binding> {
  for (const binding of rows) if (binding.until === null || binding.until > time) yield binding
}
