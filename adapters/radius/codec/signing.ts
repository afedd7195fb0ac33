import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type Attribute, decodePacket, encodePacket, HEADER, type Packet, packetIn } from './packet.ts'

const MESSAGE_AUTHENTICATOR = 80
const DIGEST = 16
const ZERO = Buffer.alloc(DIGEST)

type Unsigned = Omit<Packet, 'authenticator'>

/**
 * A request of accounting, Disconnect or CoA: its authenticator is a digest with the secret (RFC 2866 §3, RFC 5176 §2.3),
 * which covers a Message-Authenticator that was made while it was zero (RFC 5176 §3, RFC 3579 §3.2). Never of Access-Request.
 * @throws RangeError when it is too long
 */
export function signRequest(packet: Unsigned, secret: Buffer): Buffer {
  const bytes = withMessageAuthenticator(packet, secret)
  digest(bytes, ZERO, secret).copy(bytes, 4)
  return bytes
}

/**
 * An answer to a request of accounting with this authenticator (RFC 2866 §3). Without a Message-Authenticator: no RFC says
 * what one there covers, and FreeRADIUS takes another one than that of RFC 3579 §3.2. @throws RangeError when it is too long
 */
export function signAnswer(packet: Unsigned, requested: Buffer, secret: Buffer): Buffer {
  const bytes = encodePacket({ ...packet, authenticator: requested })
  digest(bytes, requested, secret).copy(bytes, 4)
  return bytes
}

/**
 * Reads a request of accounting, Disconnect or CoA that is signed with this secret.
 * @returns undefined when it is not, or its Message-Authenticator, if it has one, is wrong. @throws MalformedPacket
 */
export function openRequest(octets: Buffer, secret: Buffer): Packet | undefined {
  return opened(octets, ZERO, secret)
}

/** As {@link openRequest}, of the answer to a request with this authenticator (RFC 2865 §3). @throws MalformedPacket */
export function openAnswer(octets: Buffer, requested: Buffer, secret: Buffer): Packet | undefined {
  return opened(octets, requested, secret)
}

function opened(octets: Buffer, base: Buffer, secret: Buffer): Packet | undefined {
  const bytes = packetIn(octets)
  const packet = decodePacket(bytes)
  if (!timingSafeEqual(digest(bytes, base, secret), packet.authenticator)) return undefined
  const given = packet.attributes.filter(({ type }) => type === MESSAGE_AUTHENTICATOR)
  const [first, second] = given
  if (first === undefined) return packet
  if (second !== undefined || first.value.length !== DIGEST) return undefined
  const blank = Buffer.from(bytes)
  base.copy(blank, 4)
  ZERO.copy(blank, placeOf(packet.attributes))
  return timingSafeEqual(hmac(blank, secret), first.value) ? packet : undefined
}

/** It stands first, as whoever would prefix something to it should not be able to (RFC 2865 knows no order). */
function withMessageAuthenticator(packet: Unsigned, secret: Buffer): Buffer {
  const attributes: readonly Attribute[] = [
    { type: MESSAGE_AUTHENTICATOR, value: ZERO },
    ...packet.attributes.filter(({ type }) => type !== MESSAGE_AUTHENTICATOR),
  ]
  const bytes = encodePacket({ ...packet, authenticator: ZERO, attributes })
  hmac(bytes, secret).copy(bytes, placeOf(attributes))
  return bytes
}

/** Where the value of the Message-Authenticator begins. */
function placeOf(attributes: readonly Attribute[]): number {
  let at = HEADER
  for (const { type, value } of attributes) {
    if (type === MESSAGE_AUTHENTICATOR) break
    at += value.length + 2
  }
  return at + 2
}

function digest(bytes: Buffer, authenticator: Buffer, secret: Buffer): Buffer {
  return createHash('md5')
    .update(bytes.subarray(0, 4))
    .update(authenticator)
    .update(bytes.subarray(HEADER))
    .update(secret)
    .digest()
}

function hmac(bytes: Buffer, secret: Buffer): Buffer {
  return createHmac('md5', secret).update(bytes).digest()
}
