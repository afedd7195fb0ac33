import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

const NAMED = /^(?:department|connection):[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** The longest text that the API takes as a target. */
const LONGEST = 100

/** What is wrong with a target, and what would be right; `undefined` when the API can read it. */
export function targetFault(text: string): string | undefined {
  if (text.length > LONGEST) return `a target has at most ${LONGEST} characters`
  if (NAMED.test(text)) return undefined
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  if (!isAddress(address)) return strangerFault(text)
  const width = isIPv4(address) ? 32 : 128
  const digits = slash < 0 ? String(width) : text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > width)
    return `'${text}' has no usable length; IPv${width === 32 ? 4 : 6} takes /0 to /${width}`
  return bitsFault(address, Number(digits))
}

function isAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%'))
}

function strangerFault(text: string): string {
  const before = text.split(/[,;]/, 1)[0] ?? ''
  if (before !== text && before !== '' && targetFault(before) === undefined)
    return `'${text}' is not a target; write ${before} and put white space before a reason`
  return `'${text}' is not a target; write an address, a prefix, department:NAME or connection:NAME`
}

function bitsFault(address: string, length: number): string | undefined {
  const read = ipaddr.parse(address)
  if (read instanceof ipaddr.IPv6 && read.isIPv4MappedAddress())
    return `'${address}' is an IPv4-mapped IPv6 address; write ${read.toIPv4Address().toString()}`
  const cidr = `${address}/${length}`
  const network =
    read instanceof ipaddr.IPv6
      ? ipaddr.IPv6.networkAddressFromCIDR(cidr)
      : ipaddr.IPv4.networkAddressFromCIDR(cidr)
  const text = network instanceof ipaddr.IPv6 ? network.toRFC5952String() : network.toString()
  if (read.toNormalizedString() === network.toNormalizedString()) return undefined
  return `'${cidr}' has host bits set; write ${text}/${length} for the prefix, or ${address} for the one host`
}
