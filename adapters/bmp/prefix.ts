import { type Family, type Prefix, prefixFromBits } from '../../src/domain/prefix.ts'

/** The prefix whose leading bytes these are; bits beyond the length are irrelevant (RFC 4271 §4.3). */
export function prefixOf(family: Family, length: number, bytes: Buffer): Prefix {
  let bits = 0n
  if (family === 4) {
    let number = 0
    for (let at = 0; at < 4; at += 1) number = number * 256 + (bytes[at] ?? 0)
    bits = BigInt(number)
  } else for (let at = 0; at < 16; at += 1) bits = (bits << 8n) | BigInt(bytes[at] ?? 0)
  return prefixFromBits(family, bits, length)
}
