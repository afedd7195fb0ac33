import { createHash, createHmac } from 'node:crypto'
import { type Attribute, HEADER, type Packet, packetBytes } from './packet.ts'

export const MESSAGE_AUTHENTICATOR = 80
const ZERO = Buffer.alloc(16)

/** What a packet may lack that is right otherwise. */
export type Flaw = 'authenticator' | 'message-authenticator'

/** An attribute that signing fills in. */
export function unsigned(): Attribute {
  return { type: MESSAGE_AUTHENTICATOR, value: ZERO }
}

/** A request of accounting, Disconnect or CoA (RFC 2866 §3, RFC 5176 §2.3 and §3.4). */
export function signRequest(packet: Omit<Packet, 'authenticator'>, secret: string): Buffer {
  return sign(packetBytes({ ...packet, authenticator: ZERO }), ZERO, secret)
}

/** An answer to the request that has this authenticator (RFC 2865 §3, RFC 3579 §3.2). */
export function signAnswer(packet: Omit<Packet, 'authenticator'>, asked: Buffer, secret: string): Buffer {
  return sign(packetBytes({ ...packet, authenticator: asked }), asked, secret)
}

export function flawOfRequest(bytes: Buffer, secret: string): Flaw | undefined {
  return flawOf(bytes, ZERO, secret)
}

export function flawOfAnswer(bytes: Buffer, asked: Buffer, secret: string): Flaw | undefined {
  return flawOf(bytes, asked, secret)
}

/** @param stand what stands where the authenticator will */
function sign(bytes: Buffer, stand: Buffer, secret: string): Buffer {
  const signed = Buffer.from(bytes)
  const at = messageAuthenticatorAt(signed)
  if (at !== undefined) messageAuthenticator(signed, stand, secret).copy(signed, at)
  digest(signed, stand, secret).copy(signed, 4)
  return signed
}

function flawOf(bytes: Buffer, stand: Buffer, secret: string): Flaw | undefined {
  if (!digest(bytes, stand, secret).equals(bytes.subarray(4, HEADER))) return 'authenticator'
  const at = messageAuthenticatorAt(bytes)
  if (at === undefined) return undefined
  const found = bytes.subarray(at, at + 16)
  const isRight = bytes[at - 1] === 18 && messageAuthenticator(bytes, stand, secret).equals(found)
  return isRight ? undefined : 'message-authenticator'
}

function digest(bytes: Buffer, stand: Buffer, secret: string): Buffer {
  return createHash('md5').update(standing(bytes, stand)).update(secret).digest()
}

/** HMAC-MD5 of the packet with the attribute's own value zero. */
export function messageAuthenticator(bytes: Buffer, stand: Buffer, secret: string): Buffer {
  const blank = standing(bytes, stand)
  const at = messageAuthenticatorAt(blank)
  if (at !== undefined) ZERO.copy(blank, at)
  return createHmac('md5', secret).update(blank).digest()
}

function standing(bytes: Buffer, stand: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  stand.copy(copy, 4)
  return copy
}

function messageAuthenticatorAt(bytes: Buffer): number | undefined {
  for (let at = HEADER; at < bytes.length; at += bytes.readUInt8(at + 1))
    if (bytes[at] === MESSAGE_AUTHENTICATOR) return at + 2
  return undefined
}
