import { isIPv4, isIPv6 } from 'node:net'
import type { Attribute } from './packet.ts'

/** How a value is written (RFC 2865 §5); of tunnels each may have a tag in front (RFC 2868 §3). */
type Form = 'text' | 'integer' | 'address' | 'address6' | 'octets' | 'tagged-text' | 'tagged-integer'

/** Those that this NAS says or understands, and those that tell what a request is about. */
const KNOWN: Readonly<Record<string, readonly [number, Form]>> = {
  'User-Name': [1, 'text'],
  'NAS-IP-Address': [4, 'address'],
  'NAS-Port': [5, 'integer'],
  'Service-Type': [6, 'integer'],
  'Framed-IP-Address': [8, 'address'],
  'Filter-Id': [11, 'text'],
  'Reply-Message': [18, 'text'],
  State: [24, 'octets'],
  Class: [25, 'octets'],
  'Vendor-Specific': [26, 'octets'],
  'Session-Timeout': [27, 'integer'],
  'Called-Station-Id': [30, 'text'],
  'Calling-Station-Id': [31, 'text'],
  'NAS-Identifier': [32, 'text'],
  'Proxy-State': [33, 'octets'],
  'Acct-Status-Type': [40, 'integer'],
  'Acct-Delay-Time': [41, 'integer'],
  'Acct-Session-Id': [44, 'text'],
  'Acct-Authentic': [45, 'integer'],
  'Acct-Session-Time': [46, 'integer'],
  'Acct-Terminate-Cause': [49, 'integer'],
  'Acct-Multi-Session-Id': [50, 'text'],
  'Event-Timestamp': [55, 'integer'],
  'NAS-Port-Type': [61, 'integer'],
  'Tunnel-Type': [64, 'tagged-integer'],
  'Tunnel-Medium-Type': [65, 'tagged-integer'],
  'Message-Authenticator': [80, 'octets'],
  'Tunnel-Private-Group-Id': [81, 'tagged-text'],
  'NAS-Port-Id': [87, 'text'],
  'Chargeable-User-Identity': [89, 'text'],
  'NAS-IPv6-Address': [95, 'address6'],
  'Error-Cause': [101, 'integer'],
}

const BY_NUMBER = new Map(Object.entries(KNOWN).map(([name, [number, form]]) => [number, { name, form }]))

/** One attribute of a request, by name; octets in hexadecimal, and what has the wrong length for its form, too. */
export interface Named {
  readonly name: string
  readonly value: string | number
  /** of a tunnel; 0 is none */
  readonly tag?: number
  readonly malformed?: true
}

/** @throws RangeError of a name or a value that this NAS never says */
export function attribute(name: string, value: string | number): Attribute {
  const [type, form] = KNOWN[name] ?? []
  if (type !== undefined && form === 'text') return { type, value: Buffer.from(String(value)) }
  if (type !== undefined && form === 'integer') return { type, value: integer(Number(value)) }
  if (type !== undefined && form === 'address' && isIPv4(String(value)))
    return { type, value: Buffer.from(String(value).split('.').map(Number)) }
  if (type !== undefined && form === 'address6' && isIPv6(String(value)))
    return { type, value: octetsOf6(String(value)) }
  throw new RangeError(`this NAS does not say ${name} = ${value}`)
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function octetsOf6(address: string): Buffer {
  const [head = [], tail = []] = canonical6(address)
    .split('::')
    .map((half) => half.split(':').filter(Boolean))
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** An IPv6 address as RFC 5952 writes it. */
export function canonical6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}

export function named({ type, value }: Attribute): Named {
  const { name, form } = BY_NUMBER.get(type) ?? { name: `Attribute-${type}`, form: 'octets' as const }
  const read = READERS[form](value)
  return read === undefined ? { name, value: value.toString('hex'), malformed: true } : { name, ...read }
}

type Reader = (value: Buffer) => Pick<Named, 'value' | 'tag'> | undefined

const READERS: Readonly<Record<Form, Reader>> = {
  text: (value) => (value.length === 0 ? undefined : { value: value.toString() }),
  integer: (value) => (value.length === 4 ? { value: value.readUInt32BE() } : undefined),
  address: (value) => (value.length === 4 ? { value: value.join('.') } : undefined),
  address6: (value) =>
    value.length === 16
      ? { value: canonical6((value.toString('hex').match(/.{4}/g) ?? []).join(':')) }
      : undefined,
  octets: (value) => ({ value: value.toString('hex') }),
  // Where the first octet is above 0x1f it is no tag, but the text's own.
  'tagged-text': (value) => {
    const [first] = value
    if (first === undefined) return undefined
    return first > 0x1f
      ? { value: value.toString(), tag: 0 }
      : { value: value.subarray(1).toString(), tag: first }
  },
  'tagged-integer': (value) =>
    value.length === 4 ? { value: value.readUIntBE(1, 3), tag: value.readUInt8() } : undefined,
}
