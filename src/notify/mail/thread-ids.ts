import { createHmac, timingSafeEqual } from 'node:crypto'

/** Message-IDs of our own, without their brackets. */
export interface ThreadIds {
  /**
   * @param about block or request; 0 for several at once
   * @param message number of the mail; 0 for the beginning of a thread, which is never sent
   */
  idOf(about: number, message: number): string
  /**
   * What a mail of ours is about; `undefined` for anybody else's, for one that was changed, and for the beginning of a thread:
   * whoever is told of anything in it knows that one, whatever department they are of.
   */
  aboutOf(id: string): number | undefined
}

const FORM = /^cordon\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.([0-9a-f]{32})@/
const BYTES = 16

/**
 * Makes Message-IDs that nobody can guess, so that whoever answers one has seen a mail of ours: they carry what they are about
 * and 128 bits of an HMAC-SHA256 over it (RFC 2104).
 * @param key of this site, kept
 * @param domain behind the @
 */
export function threadIds(key: Uint8Array, domain: string): ThreadIds {
  const proofOf = (about: number, message: number): Buffer =>
    createHmac('sha256', key).update(`cordon.${about}.${message}`).digest().subarray(0, BYTES)
  return {
    idOf: (about, message) =>
      `cordon.${about}.${message}.${proofOf(about, message).toString('hex')}@${domain}`,
    aboutOf: (id) => {
      const [, about, message, proof] = FORM.exec(id) ?? []
      if (proof === undefined) return undefined
      const isOurs = timingSafeEqual(Buffer.from(proof, 'hex'), proofOf(Number(about), Number(message)))
      return isOurs && about !== '0' && message !== '0' ? Number(about) : undefined
    },
  }
}
