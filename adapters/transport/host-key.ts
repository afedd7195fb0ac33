import { createHash } from 'node:crypto'

/** A host key that an operator has seen and trusts: its digest, and its algorithm where the whole key was given. */
export interface HostKeyPin {
  /** `SHA256:` and the digest in base64 without padding, as OpenSSH prints it. */
  readonly fingerprint: string
  readonly algorithm?: string
}

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/
/** An algorithm and a key in base64: a public key file, or the end of a line of known_hosts. */
const KEY =
  /(?:^|\s)(ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp(?:256|384|521))\s+([A-Za-z0-9+/]{40,}={0,2})(?:\s|$)/

/**
 * Reads a pin: a fingerprint (`SHA256:…`), a public key (`ssh-ed25519 AAAA…`), or a line of OpenSSH's known_hosts
 * (sshd(8)), of which the hosts are not looked at.
 * @returns undefined when it is none of these
 */
export function readHostKeyPin(text: string): HostKeyPin | undefined {
  const trimmed = text.trim()
  if (FINGERPRINT.test(trimmed)) return { fingerprint: trimmed }
  // A revoked key or an authority is a mark at the beginning of the line: neither is the key of a host.
  if (trimmed.startsWith('@')) return undefined
  const [, algorithm, base64] = KEY.exec(trimmed) ?? []
  if (algorithm === undefined || base64 === undefined) return undefined
  const key = Buffer.from(base64, 'base64')
  // RFC 4253 §6.6: a key begins with its own algorithm as a string.
  const named = key.length > 4 + algorithm.length && key.toString('latin1', 4, 4 + key.readUInt32BE(0))
  return named === algorithm ? { fingerprint: fingerprintOf(key), algorithm } : undefined
}

/** Of a key as it goes over the wire (RFC 4253 §6.6). */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}
