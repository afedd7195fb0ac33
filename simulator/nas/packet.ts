/** One attribute as it travels (RFC 2865 §5). */
export interface Attribute {
  readonly type: number
  readonly value: Buffer
}

export interface Packet {
  readonly code: number
  readonly id: number
  readonly authenticator: Buffer
  readonly attributes: readonly Attribute[]
}

/** Of RFC 2866 §3 and RFC 5176 §2. */
export const CODES = {
  accountingRequest: 4,
  accountingResponse: 5,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const

export const HEADER = 20
const LONGEST = 4096

/**
 * A datagram without its padding (RFC 2865 §3), and what is in it.
 * @throws RangeError when its lengths do not agree
 */
export function parsePacket(datagram: Buffer): { packet: Packet; bytes: Buffer } {
  if (datagram.length < HEADER) throw new RangeError(`${datagram.length} octets are no packet`)
  const length = datagram.readUInt16BE(2)
  if (length < HEADER || length > LONGEST || length > datagram.length)
    throw new RangeError(`a packet of ${datagram.length} octets says that it has ${length}`)
  const bytes = datagram.subarray(0, length)
  const packet = {
    code: bytes.readUInt8(0),
    id: bytes.readUInt8(1),
    authenticator: bytes.subarray(4, HEADER),
    attributes: parseAttributes(bytes.subarray(HEADER)),
  }
  return { packet, bytes }
}

/** The same, or nothing where it is none. */
export function parsed(datagram: Buffer): ReturnType<typeof parsePacket> | undefined {
  try {
    return parsePacket(datagram)
  } catch {
    return undefined
  }
}

function parseAttributes(bytes: Buffer): Attribute[] {
  const attributes: Attribute[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 1] ?? 0
    if (length < 2 || at + length > bytes.length)
      throw new RangeError(`the attribute at octet ${HEADER + at} has a length of ${length}`)
    attributes.push({ type: bytes.readUInt8(at), value: bytes.subarray(at + 2, at + length) })
    at += length
  }
  return attributes
}

/** @throws RangeError when it does not fit into a packet */
export function packetBytes({ code, id, authenticator, attributes }: Packet): Buffer {
  const all = attributes.map(({ type, value }) => {
    if (value.length > 253) throw new RangeError(`attribute ${type} has ${value.length} octets, at most 253`)
    return Buffer.concat([Buffer.from([type, value.length + 2]), value])
  })
  const header = Buffer.alloc(4)
  const bytes = Buffer.concat([header, authenticator, ...all])
  if (bytes.length > LONGEST) throw new RangeError(`a packet of ${bytes.length} octets, at most ${LONGEST}`)
  bytes.writeUInt8(code, 0)
  bytes.writeUInt8(id, 1)
  bytes.writeUInt16BE(bytes.length, 2)
  return bytes
}
