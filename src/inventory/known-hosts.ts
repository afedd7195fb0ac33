import { type Prefix, prefixBits, prefixFamily, prefixSize } from '../domain/prefix.ts'

/** A host that the site knows by name. */
export interface KnownHost {
  /** In lower case, without a dot at its end. */
  readonly name: string
  /** One address: /32 or /128. */
  readonly address: Prefix
  /** The department that it belongs to, whatever its address says. */
  readonly department?: string
  readonly description?: string
}

/** What of a prefix is known by name. */
export interface HostsWithin {
  /** Addresses with a name. */
  readonly count: number
  /** The first of them, in address order, as many as were asked for. */
  readonly hosts: readonly KnownHost[]
}

interface Sorted {
  readonly bits: readonly bigint[]
  readonly addresses: readonly Prefix[]
}

/** Names and addresses of hosts. Nothing in it reads every host but its making. */
export class KnownHosts {
  readonly #byName = new Map<string, Prefix[]>()
  readonly #byAddress = new Map<Prefix, KnownHost[]>()
  readonly #sorted: Readonly<Record<4 | 6, Sorted>>

  constructor(hosts: readonly KnownHost[]) {
    for (const host of hosts) {
      const named = this.#byName.get(host.name)
      if (named === undefined) this.#byName.set(host.name, [host.address])
      else if (!named.includes(host.address)) named.push(host.address)
      const there = this.#byAddress.get(host.address)
      if (there === undefined) this.#byAddress.set(host.address, [host])
      else if (there.every(({ name }) => name !== host.name)) there.push(host)
    }
    this.#sorted = { 4: this.#sortedOf(4), 6: this.#sortedOf(6) }
  }

  /** How many addresses have a name. */
  get size(): number {
    return this.#byAddress.size
  }

  /** The addresses of a name, however it is written; none for an unknown one. */
  addressesOf(name: string): readonly Prefix[] {
    return this.#byName.get(canonicalName(name)) ?? []
  }

  /** The hosts at one address; several where it has several names. */
  at(address: Prefix): readonly KnownHost[] {
    return this.#byAddress.get(address) ?? []
  }

  namesOf(address: Prefix): readonly string[] {
    return this.at(address).map(({ name }) => name)
  }

  /** The known hosts inside a prefix: all are counted, by two binary searches, and `most` addresses are looked up. */
  within(prefix: Prefix, most: number): HostsWithin {
    const { bits, addresses } = this.#sorted[prefixFamily(prefix)]
    const low = prefixBits(prefix)
    const first = firstNotBelow(bits, low)
    const end = firstNotBelow(bits, low + prefixSize(prefix))
    const shown = addresses.slice(first, Math.min(end, first + most))
    return { count: end - first, hosts: shown.flatMap((address) => this.at(address)) }
  }

  #sortedOf(family: 4 | 6): Sorted {
    const pairs = [...this.#byAddress.keys()]
      .filter((address) => prefixFamily(address) === family)
      .map((address) => ({ bits: prefixBits(address), address }))
      .sort((a, b) => (a.bits < b.bits ? -1 : 1))
    return { bits: pairs.map(({ bits }) => bits), addresses: pairs.map(({ address }) => address) }
  }
}

/** DNS names are the same in any case (RFC 4343), with and without the dot of the root. */
export function canonicalName(name: string): string {
  return name.trim().toLowerCase().replace(/\.$/, '')
}

function firstNotBelow(sorted: readonly bigint[], value: bigint): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0n) < value) low = middle + 1
    else high = middle
  }
  return low
}
