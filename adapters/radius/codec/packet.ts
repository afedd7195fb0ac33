/** One attribute of a packet, its value as octets (RFC 2865 §5). */
export interface Attribute {
  /** 1 to 255. */
  readonly type: number
  readonly value: Buffer
}

/** A RADIUS packet (RFC 2865 §3). */
export interface Packet {
  readonly code: number
  /** 0 to 255; an answer has that of its request. */
  readonly identifier: number
  /** 16 octets. */
  readonly authenticator: Buffer
  readonly attributes: readonly Attribute[]
}

/** Codes that are spoken here (RFC 2866 §3, RFC 5176 §2.3). */
export const CODE = {
  accountingRequest: 4,
  accountingResponse: 5,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const

/** Octets before the attributes. */
export const HEADER = 20
/** The longest packet that may be sent or taken (RFC 2865 §3). */
const LONGEST = 4096
/** The longest value of an attribute. */
export const LONGEST_VALUE = 253

/** Octets that are no RADIUS packet, and why. */
export class MalformedPacket extends Error {
  constructor(words: string) {
    super(words)
    this.name = 'MalformedPacket'
  }
}

/** @throws RangeError: an attribute or the packet is too long */
export function encodePacket({ code, identifier, authenticator, attributes }: Packet): Buffer {
  const parts = attributes.map(({ type, value }) => {
    if (type < 1 || type > 255 || value.length > LONGEST_VALUE)
      throw new RangeError(`attribute ${type} with ${value.length} octets fits no packet`)
    return Buffer.concat([Buffer.from([type, value.length + 2]), value])
  })
  const length = parts.reduce((sum, part) => sum + part.length, HEADER)
  if (length > LONGEST) throw new RangeError(`a packet of ${length} octets is longer than ${LONGEST}`)
  const head = Buffer.alloc(4)
  head.writeUInt8(code, 0)
  head.writeUInt8(identifier, 1)
  head.writeUInt16BE(length, 2)
  return Buffer.concat([head, authenticator, ...parts])
}

/**
 * What lies behind its length is padding, and is left out (RFC 2865 §3). Nothing is authenticated.
 * @throws MalformedPacket
 */
export function decodePacket(octets: Buffer): Packet {
  const bytes = packetIn(octets)
  const attributes: Attribute[] = []
  for (let at = HEADER; at < bytes.length; ) {
    const [type = 0, length = 0] = bytes.subarray(at, at + 2)
    if (type === 0 || length < 2 || at + length > bytes.length)
      throw new MalformedPacket(`the attribute at octet ${at} does not fit`)
    attributes.push({ type, value: bytes.subarray(at + 2, at + length) })
    at += length
  }
  const [code = 0, identifier = 0] = bytes
  return { code, identifier, authenticator: bytes.subarray(4, HEADER), attributes }
}

/** The octets of the packet itself. @throws MalformedPacket */
export function packetIn(octets: Buffer): Buffer {
  if (octets.length < HEADER) throw new MalformedPacket(`${octets.length} octets are less than a header`)
  const length = octets.readUInt16BE(2)
  if (length < HEADER || length > LONGEST || length > octets.length)
    throw new MalformedPacket(`it says that it has ${length} octets, and has ${octets.length}`)
  return octets.subarray(0, length)
}
