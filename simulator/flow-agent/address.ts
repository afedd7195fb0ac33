export interface Prefix {
  readonly bits: bigint
  readonly length: number
  readonly width: 32 | 128
}

/** `2001:db8::/32`, read into the number that its address is; written by Node and GoBGP in the same spelling. */
export function readPrefix(text: string): Prefix {
  const [address = '', length = ''] = text.split('/')
  const width = address.includes(':') ? 128 : 32
  return { bits: width === 32 ? readIPv4(address) : readIPv6(address), length: Number(length), width }
}

/** The bits from `offset` to `length`, counted from the highest (RFC 8956 §3.1). */
export function maskOf(width: number, offset: number, length: number): bigint {
  const from = (1n << BigInt(width - offset)) - 1n
  const below = (1n << BigInt(width - length)) - 1n
  return from & ~below
}

export function writeIPv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => (bits >> BigInt(112 - 16 * at)) & 0xffffn)
  return groups.map((group) => group.toString(16)).join(':')
}

function readIPv4(address: string): bigint {
  return address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
}

function readIPv6(address: string): bigint {
  const [head = '', tail] = dottedTailAsGroups(address).split('::')
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '')
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail ?? '')]
  return all.reduce((sum, group) => sum * 0x10000n + BigInt(`0x${group}`), 0n)
}

/** `::ffff:192.0.2.1` is how Go writes some addresses. */
function dottedTailAsGroups(address: string): string {
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0]
  if (dotted === undefined) return address
  const bits = readIPv4(dotted)
  return address.replace(dotted, `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`)
}
