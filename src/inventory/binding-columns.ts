import { flatText, type Prefix, prefixBits, prefixFamily, prefixFromBits } from '../domain/prefix.ts'
import type { Binding } from './binding.ts'

/** Texts that many rows share, each kept once. 0 stands for none. */
export class Texts {
  readonly #ids = new Map<string, number>()
  readonly #texts: string[] = ['']

  /** @param texts of numbers from 1 on, each once */
  constructor(texts: readonly string[] = []) {
    for (const text of texts) this.#ids.set(text, this.#texts.push(text) - 1)
  }

  /** All of them, from number 1 on. */
  get list(): readonly string[] {
    return this.#texts.slice(1)
  }

  /** The number of a text, which is kept from now on. */
  keep(text: string | undefined): number {
    if (text === undefined) return 0
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    // What was cut out of a file would keep the whole file in memory.
    return this.keepOwn(flatText(...text))
  }

  /** The same of a text that stands for itself, such as one of another list. */
  keepOwn(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    this.#ids.set(text, this.#texts.length)
    return this.#texts.push(text) - 1
  }

  /** The number of a text that is kept; `undefined` for any other. */
  find(text: string): number | undefined {
    return this.#ids.get(text)
  }

  text(id: number): string | undefined {
    return id === 0 ? undefined : this.#texts[id]
  }
}

/** In which order rows of columns stand. */
export type Rows = readonly number[] | Uint32Array

const NUMBERS = ['mac', 'from', 'until', 'session'] as const
/** Four words of the address, numbers of texts, ports. */
const IDS = ['a0', 'a1', 'a2', 'a3', 'user', 'port', 'source', 'fromPort', 'toPort'] as const
/** The names of all columns, in the order in which files hold them. */
export const COLUMN_NAMES = { numbers: NUMBERS, ids: IDS } as const
const START = 1_024

/** No port: ports end at 65,535. */
const NO_PORT = 0xffff_ffff
const NO_MAC = -1
const NO_SESSION = -1
const MAPPED = 0xffff

/**
 * Bindings as columns of numbers: an object for each of a million would take four times the memory. IPv4 addresses
 * stand as IPv4-mapped IPv6 ones, of which no other kind exists here.
 */
export class BindingColumns {
  readonly texts: Texts
  size = 0
  #room: number
  readonly ids: Record<(typeof IDS)[number], Uint32Array>
  readonly numbers: Record<(typeof NUMBERS)[number], Float64Array>

  constructor(texts = new Texts(), room = START) {
    this.texts = texts
    this.#room = room
    this.ids = Object.fromEntries(IDS.map((name) => [name, new Uint32Array(room)])) as BindingColumns['ids']
    this.numbers = {
      mac: new Float64Array(room),
      from: new Float64Array(room),
      until: new Float64Array(room),
      session: new Float64Array(room),
    }
  }

  add(binding: Binding): void {
    if (this.size === this.#room) this.#grow(this.#room * 2)
    const at = this.size
    const { ids, numbers } = this
    const [a0, a1, a2, a3] = addressWords(binding.address)
    ids.a0[at] = a0
    ids.a1[at] = a1
    ids.a2[at] = a2
    ids.a3[at] = a3
    ids.user[at] = this.texts.keep(binding.user)
    ids.port[at] = this.texts.keep(binding.port)
    ids.source[at] = this.texts.keep(binding.source)
    ids.fromPort[at] = binding.fromPort ?? NO_PORT
    ids.toPort[at] = binding.toPort ?? NO_PORT
    numbers.mac[at] = binding.mac === undefined ? NO_MAC : macNumber(binding.mac)
    numbers.from[at] = binding.from
    numbers.until[at] = binding.until ?? Number.POSITIVE_INFINITY
    numbers.session[at] = binding.session ?? NO_SESSION
    this.size += 1
  }

  /** Adds all rows of other columns, without making an object of each. */
  append(others: BindingColumns): void {
    const start = this.size
    if (start + others.size > this.#room) this.#grow(start + others.size)
    for (const name of IDS) {
      const column = this.ids[name]
      column.set(others.ids[name].subarray(0, others.size), start)
      if (name !== 'user' && name !== 'port' && name !== 'source') continue
      for (let at = start; at < start + others.size; at += 1) {
        const text = others.texts.text(column[at] ?? 0)
        column[at] = text === undefined ? 0 : this.texts.keepOwn(text)
      }
    }
    for (const name of NUMBERS) this.numbers[name].set(others.numbers[name].subarray(0, others.size), start)
    this.size += others.size
  }

  /** The same rows, to add others to. Texts are only ever added to, so that both share them. */
  copy(): BindingColumns {
    const room = Math.max(START, this.size + (this.size >> 3))
    const copied = new BindingColumns(this.texts, room)
    copied.size = this.size
    for (const name of IDS) copied.ids[name].set(this.ids[name].subarray(0, this.size))
    for (const name of NUMBERS) copied.numbers[name].set(this.numbers[name].subarray(0, this.size))
    return copied
  }

  /** These rows in this order, in columns of exactly their size, beside the same texts. */
  pick(rows: Rows): BindingColumns {
    const picked = new BindingColumns(this.texts, rows.length)
    picked.size = rows.length
    for (const name of IDS) copy(this.ids[name], picked.ids[name], rows)
    for (const name of NUMBERS) copy(this.numbers[name], picked.numbers[name], rows)
    return picked
  }

  /** The binding of one row; an address that is known already need not be written anew. */
  binding(at: number, address?: Prefix): Binding {
    const { ids, numbers, texts } = this
    const mac = numbers.mac[at] ?? NO_MAC
    const until = numbers.until[at] ?? 0
    const user = texts.text(ids.user[at] ?? 0)
    const port = texts.text(ids.port[at] ?? 0)
    const fromPort = ids.fromPort[at] ?? NO_PORT
    const session = numbers.session[at] ?? NO_SESSION
    return {
      address: address ?? addressOf(ids.a0[at] ?? 0, ids.a1[at] ?? 0, ids.a2[at] ?? 0, ids.a3[at] ?? 0),
      ...(mac === NO_MAC ? {} : { mac: macText(mac) }),
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      ...(fromPort === NO_PORT ? {} : { fromPort, toPort: ids.toPort[at] ?? 0 }),
      from: numbers.from[at] ?? 0,
      until: until === Number.POSITIVE_INFINITY ? null : until,
      source: texts.text(ids.source[at] ?? 0) ?? '',
      ...(session === NO_SESSION ? {} : { session }),
    }
  }

  *[Symbol.iterator](): Generator<Binding> {
    for (let at = 0; at < this.size; at += 1) yield this.binding(at)
  }

  #grow(room: number): void {
    this.#room = room
    for (const name of IDS) {
      const wider = new Uint32Array(this.#room)
      wider.set(this.ids[name])
      this.ids[name] = wider
    }
    for (const name of NUMBERS) {
      const wider = new Float64Array(this.#room)
      wider.set(this.numbers[name])
      this.numbers[name] = wider
    }
  }
}

function copy(from: Uint32Array | Float64Array, to: Uint32Array | Float64Array, rows: Rows): void {
  for (let at = 0; at < rows.length; at += 1) to[at] = from[rows[at] ?? 0] ?? 0
}

/** An address as four words of 32 bits, the highest first. */
export function addressWords(address: Prefix): [number, number, number, number] {
  const bits = prefixBits(address)
  if (prefixFamily(address) === 4) return [0, 0, MAPPED, Number(bits)]
  const word = (shift: bigint): number => Number((bits >> shift) & 0xffff_ffffn)
  return [word(96n), word(64n), word(32n), word(0n)]
}

function addressOf(a0: number, a1: number, a2: number, a3: number): Prefix {
  if (a0 === 0 && a1 === 0 && a2 === MAPPED) return prefixFromBits(4, BigInt(a3), 32)
  const bits = (BigInt(a0) << 96n) | (BigInt(a1) << 64n) | (BigInt(a2) << 32n) | BigInt(a3)
  return prefixFromBits(6, bits, 128)
}

/** The 48 bits of a MAC address, which a float holds exactly. */
export function macNumber(mac: string): number {
  return Number.parseInt(mac.replaceAll(':', ''), 16)
}

function macText(mac: number): string {
  const digits = mac.toString(16).padStart(12, '0')
  return flatText(...[0, 2, 4, 6, 8, 10].map((at) => `${at === 0 ? '' : ':'}${digits.slice(at, at + 2)}`))
}
