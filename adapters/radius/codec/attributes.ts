import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { type Attribute, LONGEST_VALUE } from './packet.ts'

/**
 * How a value is written: text, octets, a number of 32 bits, an address; `tagged` ones belong to one of several tunnels
 * by their first octet (RFC 2868 §3).
 */
type Form = 'text' | 'octets' | 'integer' | 'ipv4' | 'ipv6' | 'tagged-integer' | 'tagged-text'

interface Known {
  readonly type: number
  readonly form: Form
}

/** Of RFC 2865, 2866, 2868, 2869, 3162, 4372, 5176, 5580 and 6911, by the names in IANA's list. */
const KNOWN = {
  'User-Name': { type: 1, form: 'octets' },
  'NAS-IP-Address': { type: 4, form: 'ipv4' },
  'NAS-Port': { type: 5, form: 'integer' },
  'Service-Type': { type: 6, form: 'integer' },
  'Framed-IP-Address': { type: 8, form: 'ipv4' },
  'Filter-Id': { type: 11, form: 'text' },
  'Reply-Message': { type: 18, form: 'text' },
  State: { type: 24, form: 'octets' },
  Class: { type: 25, form: 'octets' },
  'Session-Timeout': { type: 27, form: 'integer' },
  'Idle-Timeout': { type: 28, form: 'integer' },
  'Termination-Action': { type: 29, form: 'integer' },
  'Called-Station-Id': { type: 30, form: 'octets' },
  'Calling-Station-Id': { type: 31, form: 'octets' },
  'NAS-Identifier': { type: 32, form: 'octets' },
  'Acct-Status-Type': { type: 40, form: 'integer' },
  'Acct-Delay-Time': { type: 41, form: 'integer' },
  'Acct-Session-Id': { type: 44, form: 'octets' },
  'Acct-Terminate-Cause': { type: 49, form: 'integer' },
  'Acct-Multi-Session-Id': { type: 50, form: 'octets' },
  'Event-Timestamp': { type: 55, form: 'integer' },
  'NAS-Port-Type': { type: 61, form: 'integer' },
  'Tunnel-Type': { type: 64, form: 'tagged-integer' },
  'Tunnel-Medium-Type': { type: 65, form: 'tagged-integer' },
  'Tunnel-Private-Group-ID': { type: 81, form: 'tagged-text' },
  'NAS-Port-Id': { type: 87, form: 'octets' },
  'Chargeable-User-Identity': { type: 89, form: 'octets' },
  'NAS-IPv6-Address': { type: 95, form: 'ipv6' },
  'Error-Cause': { type: 101, form: 'integer' },
  'Operator-Name': { type: 126, form: 'text' },
  'Framed-IPv6-Address': { type: 168, form: 'ipv6' },
} as const satisfies Readonly<Record<string, Known>>

export type AttributeName = keyof typeof KNOWN

export const ATTRIBUTE_NAMES = Object.keys(KNOWN) as readonly AttributeName[]

const VENDOR_SPECIFIC = 26
/** The type of a vendor's attribute, and its length (RFC 2865 §5.26). */
const VENDOR_HEAD = 6

/**
 * @param value text, or a number where the attribute is one; octets are one character each (Latin-1), so that what a NAS
 *   has sent goes back as it came
 * @throws RangeError: not what the attribute can have
 */
export function attribute(name: AttributeName, value: string | number): Attribute {
  const { type, form } = KNOWN[name]
  try {
    return { type, value: encoded(form, value) }
  } catch (error) {
    throw new RangeError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** An attribute of a vendor, by the vendor's number in IANA's list (RFC 2865 §5.26). @throws RangeError */
export function vendorAttribute(vendor: number, type: number, value: string | number): Attribute {
  const inner = encoded(typeof value === 'number' ? 'integer' : 'text', value)
  if (inner.length > LONGEST_VALUE - VENDOR_HEAD) throw new RangeError('its value is too long')
  const head = Buffer.alloc(VENDOR_HEAD)
  head.writeUInt32BE(vendor, 0)
  head.writeUInt8(type, 4)
  head.writeUInt8(inner.length + 2, 5)
  return { type: VENDOR_SPECIFIC, value: Buffer.concat([head, inner]) }
}

/** The first of this name as text, octets a character each; undefined where there is none, or none that can be read. */
export function textOf(attributes: readonly Attribute[], name: AttributeName): string | undefined {
  const { type, form } = KNOWN[name]
  const found = attributes.find((one) => one.type === type)
  return found === undefined ? undefined : decoded(form, found.value)
}

/** As {@link textOf}, of what is a number. */
export function numberOf(attributes: readonly Attribute[], name: AttributeName): number | undefined {
  const text = textOf(attributes, name)
  return text === undefined ? undefined : Number(text)
}

function encoded(form: Form, value: string | number): Buffer {
  switch (form) {
    case 'integer':
      return integer(value, 0xff_ff_ff_ff)
    case 'tagged-integer':
      // Three octets behind the tag, which says that there is one tunnel (RFC 2868 §3.1).
      return integer(value, 0xff_ff_ff)
    case 'ipv4':
      return ipv4(String(value))
    case 'ipv6':
      return ipv6(String(value))
    case 'tagged-text':
      // Without a tag: a first octet above 0x1F is text already (RFC 2868 §3.6).
      return text(value, 'utf8')
    case 'text':
      return text(value, 'utf8')
    case 'octets':
      return text(value, 'latin1')
  }
}

function decoded(form: Form, value: Buffer): string | undefined {
  switch (form) {
    case 'integer':
      return value.length === 4 ? String(value.readUInt32BE(0)) : undefined
    case 'tagged-integer':
      return value.length === 4 ? String(value.readUIntBE(1, 3)) : undefined
    case 'ipv4':
      return value.length === 4 ? value.join('.') : undefined
    case 'ipv6':
      return value.length === 16 ? ipv6Text(value) : undefined
    case 'tagged-text':
      return value.subarray((value[0] ?? 0) <= 0x1f ? 1 : 0).toString('utf8')
    case 'text':
      return value.toString('utf8')
    case 'octets':
      return value.toString('latin1')
  }
}

function integer(value: string | number, most: number): Buffer {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw new RangeError(`${JSON.stringify(value)} is no number from 0 to ${most}`)
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value, 0)
  return octets
}

function text(value: string | number, encoding: 'utf8' | 'latin1'): Buffer {
  const octets = Buffer.from(String(value), encoding)
  if (typeof value !== 'string' || octets.length === 0 || octets.length > LONGEST_VALUE)
    throw new RangeError(`${JSON.stringify(value)} is no text of 1 to ${LONGEST_VALUE} octets`)
  return octets
}

function ipv4(address: string): Buffer {
  if (!isIPv4(address)) throw new RangeError(`'${address}' is no IPv4 address`)
  return Buffer.from(address.split('.').map(Number))
}

function ipv6(address: string): Buffer {
  if (!isIPv6(address) || address.includes('%')) throw new RangeError(`'${address}' is no IPv6 address`)
  const [before = '', after] = withoutDots(address).split('::')
  const groups = (part: string | undefined): string[] =>
    part === undefined || part === '' ? [] : part.split(':')
  const [head, tail] = [groups(before), groups(after)]
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** `::ffff:192.0.2.1` as groups. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a, b, c, d] = parts.slice(0, 4).map((part) => Number(part).toString(16).padStart(2, '0'))
    return `${a}${b}:${c}${d}`
  })
}

function ipv6Text(octets: Buffer): string {
  const groups = octets.toString('hex').match(/.{4}/g) ?? []
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
