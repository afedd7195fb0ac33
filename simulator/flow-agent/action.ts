/** What a rule does with the packets that it is the first to match. */
export type Act = { readonly drop: true } | { readonly rate: number } | { readonly accept: true }

/** A rule that this router must not install, because it could only do something else than was asked. */
export class UnsupportedRule extends Error {
  override readonly name = 'UnsupportedRule'
}

/** Attributes: extended communities (RFC 4360), and those of IPv6 addresses (RFC 5701). */
const EXTENDED = 16
const EXTENDED_IPV6 = 25

/** Transitive types whose subtypes are actions on traffic (RFC 8955 §7); 0x08 is redirect to an address, a draft. */
const ACTION_TYPES = new Set([0x80, 0x81, 0x82, 0x08])
const RATE_BYTES = 6

interface Extended {
  readonly type?: unknown
  readonly subtype?: unknown
  readonly rate?: unknown
}

/**
 * The action of a path. Without one the traffic is accepted, and later rules do not see it (RFC 8955 §7). Of two
 * rates the lower holds (RFC 8955 §7.7 leaves the choice to the router).
 *
 * @throws UnsupportedRule for redirect, mark, sampling and what else is not known here
 */
export function actOf(attrs: readonly { readonly type: number }[]): Act {
  if (attrs.some(({ type }) => type === EXTENDED_IPV6)) throw new UnsupportedRule('redirect is not supported')
  const communities = attrs.filter(({ type }) => type === EXTENDED).flatMap(communitiesOf)
  const actions = communities.filter(({ type }) => ACTION_TYPES.has(Number(type)))
  const other = actions.find(({ type, subtype }) => type !== 0x80 || subtype !== RATE_BYTES)
  if (other) throw new UnsupportedRule(`the action ${JSON.stringify(other)} is not supported`)
  const rates = actions.map(({ rate }) => rateOf(rate))
  if (rates.length === 0) return { accept: true }
  const rate = Math.min(...rates)
  return rate === 0 ? { drop: true } : { rate }
}

function communitiesOf(attr: object): readonly Extended[] {
  return 'value' in attr && Array.isArray(attr.value) ? (attr.value as Extended[]) : []
}

/** Bytes a second, a float on the wire; what is below zero counts as zero (RFC 8955 §7.1). */
function rateOf(rate: unknown): number {
  if (typeof rate !== 'number' || !Number.isFinite(rate)) throw new UnsupportedRule(`${rate} is no rate`)
  return rate <= 0 ? 0 : Math.max(1, Math.floor(rate))
}
