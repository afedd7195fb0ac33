import { BlockList, isIP } from 'node:net'

export type Family = 4 | 6

/** An address with its prefix length, as a topology file writes it: `203.0.113.10/26`. */
export interface Cidr {
  readonly family: Family
  readonly address: string
  readonly length: number
}

/** The only space a lab may use (RFC 5737, RFC 3849): a packet that escaped would have nowhere to go. */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32']

/** @throws RangeError when the text is not `address/length` */
export function parseCidr(text: string): Cidr {
  const [address = '', length = '', ...rest] = text.split('/')
  const family = isIP(address)
  const bits = Number(length)
  if (rest.length > 0 || !/^\d{1,3}$/.test(length) || (family !== 4 && family !== 6)) {
    throw new RangeError(`"${text}" is not an address with a prefix length`)
  }
  if (bits > (family === 4 ? 32 : 128)) throw new RangeError(`"${text}" has too long a prefix`)
  return { family, address, length: bits }
}

/** Whether `inner` lies wholly within `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false
  const list = new BlockList()
  list.addSubnet(outer.address, outer.length, familyName(outer.family))
  return list.check(inner.address, familyName(inner.family))
}

export function isDocumentation(cidr: Cidr): boolean {
  return DOCUMENTATION.some((space) => contains(parseCidr(space), cidr))
}

function familyName(family: Family): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6'
}
