import { isIP } from 'node:net'
import type { Family } from '../addresses.ts'
import { maskOf, type Prefix, readPrefix } from '../flow-agent/address.ts'

/** What an operator may have typed: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`. */
export function isPrefix(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%') || rest.length > 0) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128))
}

export function familyOf(text: string): Family {
  return text.includes(':') ? 6 : 4
}

/** As `readPrefix`, of an address without a length too. */
export function prefixOf(text: string): Prefix {
  return readPrefix(text.includes('/') ? text : `${text}/${familyOf(text) === 4 ? 32 : 128}`)
}

export function covers(outer: Prefix, inner: Prefix): boolean {
  if (outer.width !== inner.width || outer.length > inner.length) return false
  const mask = maskOf(outer.width, 0, outer.length)
  return (outer.bits & mask) === (inner.bits & mask)
}

/**
 * The prefixes that lie in no other of them, in order, each a text by which equal ones are equal. Two prefixes either
 * nest or are apart, so that what is left are intervals that never touch one another's addresses.
 */
export function disjoint(texts: Iterable<string>, family: Family): string[] {
  const sorted = [...texts]
    .filter((text) => familyOf(text) === family)
    .map(prefixOf)
    .map((prefix) => ({ ...prefix, bits: prefix.bits & maskOf(prefix.width, 0, prefix.length) }))
    .sort((a, b) => (a.bits === b.bits ? a.length - b.length : a.bits < b.bits ? -1 : 1))
  const kept: Prefix[] = []
  for (const prefix of sorted) {
    const last = kept.at(-1)
    if (last === undefined || !covers(last, prefix)) kept.push(prefix)
  }
  return kept.map(writePrefix)
}

function writePrefix({ bits, length, width }: Prefix): string {
  return `${width === 32 ? writeIPv4(bits) : writeIPv6(bits)}/${length}`
}

function writeIPv4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.')
}

/** The longest run of zeros is left out (RFC 5952 §4.2). */
function writeIPv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bits >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  )
  const runs = [...groups.join(':').matchAll(/(?<=^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run)
  const longest = runs.toSorted((a, b) => b.length - a.length)[0]
  if (longest === undefined) return groups.join(':')
  const [head = '', ...tail] = splitAround(groups.join(':'), longest)
  return `${head.replace(/:$/, '')}::${tail.join('').replace(/^:/, '')}`
}

function splitAround(text: string, run: string): string[] {
  const at = new RegExp(`(?<=^|:)${run}(?=:|$)`).exec(text)?.index ?? 0
  return [text.slice(0, at), text.slice(at + run.length)]
}
