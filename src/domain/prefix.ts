import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { InputError } from './input-error.ts'

/** Address family: 4 or 6. */
export type Family = 4 | 6

/**
 * An IPv4 or IPv6 prefix as canonical text, always with its length: `203.0.113.9/32`, `2001:db8::/64`
 * (RFC 4632, RFC 5952). Only {@link parsePrefix} and the functions below make one, so equal prefixes are equal
 * strings and no host bit is set.
 */
export type Prefix = string & { readonly __prefix: unique symbol }

const WIDTH = { 4: 32, 6: 128 } as const

/**
 * Reads an address or a prefix. An address becomes a host prefix (/32 or /128).
 * @throws InputError `prefix-malformed`, `prefix-host-bits`, `prefix-mapped`
 */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const family = familyOfAddress(address)
  if (family === undefined) {
    throw new InputError('prefix-malformed', `'${text}' is not an IPv4 or IPv6 address or prefix`)
  }
  const length = slash < 0 ? WIDTH[family] : parseLength(text, text.slice(slash + 1), family)
  if (family === 4 && length === 32) return flatText(address, '/32') as Prefix
  const bits = addressBits(address, family)
  if (family === 6 && bits >> 32n === 0xffffn) {
    throw new InputError('prefix-mapped', `'${text}' is an IPv4-mapped IPv6 address; write the IPv4 address`)
  }
  const network = maskBits(bits, length, family)
  if (network !== bits) {
    const fixed = prefixFromBits(family, network, length)
    throw new InputError(
      'prefix-host-bits',
      `'${text}' has host bits set; write ${fixed} for the prefix, or the address alone for one host`,
    )
  }
  return prefixFromBits(family, network, length)
}

function familyOfAddress(address: string): Family | undefined {
  if (isIPv4(address)) return 4
  return isIPv6(address) && !address.includes('%') ? 6 : undefined
}

function parseLength(text: string, digits: string, family: Family): number {
  const length = /^(0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : Number.NaN
  if (!(length <= WIDTH[family])) {
    throw new InputError(
      'prefix-malformed',
      `'${text}' has no usable length; IPv${family} takes /0 to /${WIDTH[family]}`,
    )
  }
  return length
}

function addressBits(address: string, family: Family): bigint {
  if (family === 4) return BigInt(ipv4Number(address))
  let bits = 0n
  for (const part of ipaddr.IPv6.parse(address).parts) bits = (bits << 16n) | BigInt(part)
  return bits
}

/** Of an address or a prefix, digit by digit: guards ask this of every block many times, and splitting costs strings. */
function ipv4Number(text: string): number {
  let value = 0
  let octet = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === SLASH) break
    if (code === DOT) {
      value = value * 256 + octet
      octet = 0
    } else octet = octet * 10 + code - ZERO
  }
  return value * 256 + octet
}

const DOT = 46
const SLASH = 47
const ZERO = 48

function maskBits(bits: bigint, length: number, family: Family): bigint {
  const host = BigInt(WIDTH[family] - length)
  return (bits >> host) << host
}

/** The prefix whose network address has these bits; host bits are cleared. */
export function prefixFromBits(family: Family, bits: bigint, length: number): Prefix {
  if (family === 4) return ipv4Prefix(Number(bits), length)
  const network = maskBits(bits, length, family)
  const bytes: number[] = []
  for (let shift = 120; shift >= 0; shift -= 8) bytes.push(Number((network >> BigInt(shift)) & 0xffn))
  return flatText(new ipaddr.IPv6(bytes).toRFC5952String(), `/${length}`) as Prefix
}

function ipv4Prefix(bits: number, length: number): Prefix {
  const n = length === 0 ? 0 : ((bits >>> (32 - length)) << (32 - length)) >>> 0
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}/${length}` as Prefix
}

export function prefixFamily(prefix: Prefix): Family {
  return prefix.includes(':') ? 6 : 4
}

/** The length in bits, 0 to 32 or 128. */
export function prefixLength(prefix: Prefix): number {
  let length = 0
  for (let at = prefix.lastIndexOf('/') + 1; at < prefix.length; at += 1)
    length = length * 10 + prefix.charCodeAt(at) - ZERO
  return length
}

/** The network address without its length: `203.0.113.9`. */
export function prefixAddress(prefix: Prefix): string {
  return prefix.slice(0, prefix.lastIndexOf('/'))
}

/** The bits of the network address as one number. */
export function prefixBits(prefix: Prefix): bigint {
  return addressBits(prefixAddress(prefix), prefixFamily(prefix))
}

/** Whether the prefix is one address (/32 or /128). */
export function isHostPrefix(prefix: Prefix): boolean {
  return prefixLength(prefix) === WIDTH[prefixFamily(prefix)]
}

/** The number of addresses in the prefix. */
export function prefixSize(prefix: Prefix): bigint {
  return 1n << BigInt(WIDTH[prefixFamily(prefix)] - prefixLength(prefix))
}

/** The prefix of the given length that contains this one; `length` must not be longer than the prefix. */
export function widenPrefix(prefix: Prefix, length: number): Prefix {
  if (prefixFamily(prefix) === 4) return ipv4Prefix(ipv4Number(prefix), length)
  return prefixFromBits(prefixFamily(prefix), prefixBits(prefix), length)
}

/** Whether every address of `inner` is in `outer`. */
export function prefixContains(outer: Prefix, inner: Prefix): boolean {
  return outer === inner || (prefixLength(outer) <= prefixLength(inner) && prefixesOverlap(outer, inner))
}

/** Whether the two share an address. Of two prefixes that do, one contains the other. */
export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  const family = prefixFamily(a)
  if (family !== prefixFamily(b)) return false
  const length = Math.min(prefixLength(a), prefixLength(b))
  if (family === 4) return length === 0 || (ipv4Number(a) ^ ipv4Number(b)) >>> (32 - length) === 0
  return maskBits(prefixBits(a), length, family) === maskBits(prefixBits(b), length, family)
}

/** What is left of `prefix` without `holes`, as few prefixes as possible, in address order. */
export function subtractPrefixes(prefix: Prefix, holes: readonly Prefix[]): Prefix[] {
  const inside = holes.filter((hole) => prefixesOverlap(prefix, hole))
  if (inside.length === 0) return [prefix]
  if (inside.some((hole) => prefixContains(hole, prefix))) return []
  const family = prefixFamily(prefix)
  const length = prefixLength(prefix) + 1
  const low = prefixBits(prefix)
  const high = low | (1n << BigInt(WIDTH[family] - length))
  return [low, high].flatMap((bits) => subtractPrefixes(prefixFromBits(family, bits, length), inside))
}

/** What is in both lists, as few prefixes as possible, in address order. */
export function intersectPrefixes(a: readonly Prefix[], b: readonly Prefix[]): Prefix[] {
  const both = a.flatMap((one) =>
    b.flatMap((other): Prefix[] => {
      if (prefixContains(one, other)) return [other]
      return prefixContains(other, one) ? [one] : []
    }),
  )
  return aggregatePrefixes(both)
}

/** The fewest prefixes that hold exactly the same addresses, in address order, IPv4 first. */
export function aggregatePrefixes(prefixes: readonly Prefix[]): Prefix[] {
  const merged: Prefix[] = []
  for (const next of [...new Set(prefixes)].sort(comparePrefixes)) {
    const last = merged.at(-1)
    if (last !== undefined && prefixContains(last, next)) continue
    merged.push(next)
    mergeSiblings(merged)
  }
  return merged
}

function mergeSiblings(merged: Prefix[]): void {
  for (;;) {
    const b = merged.at(-1)
    const a = merged.at(-2)
    if (a === undefined || b === undefined) return
    const length = prefixLength(a)
    if (length === 0 || length !== prefixLength(b) || prefixFamily(a) !== prefixFamily(b)) return
    const parent = widenPrefix(a, length - 1)
    if (!prefixContains(parent, b)) return
    merged.splice(-2, 2, parent)
  }
}

/** Order by family, then address, then wide before narrow. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  const families = prefixFamily(a) - prefixFamily(b)
  if (families !== 0) return families
  const x = prefixBits(a)
  const y = prefixBits(b)
  if (x !== y) return x < y ? -1 : 1
  return prefixLength(a) - prefixLength(b)
}

/**
 * Joins texts into one that stands for itself. What a template makes keeps its parts as well: for texts that are kept
 * a hundred thousand times, that is a third of their memory.
 */
export function flatText(...parts: readonly string[]): string {
  return parts.join('')
}
