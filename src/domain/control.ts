import { InputError } from './input-error.ts'
import type { Prefix } from './prefix.ts'

/**
 * Traffic on which the network itself stands, of which a match can leave out what is between the network's own parts
 * (`keep` of a match):
 *
 * - to the device that filters, or multicast: BGP (TCP port 179 of either end, RFC 4271), BFD (UDP to 3784, 3785, 4784;
 *   RFC 5881, RFC 5883), neighbour discovery (ICMPv6 133 to 137, RFC 4861) and packet-too-big (ICMPv6 2, RFC 4443; ICMP 3
 *   code 4, RFC 1191);
 * - where the match names its destination, packet-too-big from anybody to there.
 *
 * What only passes through the device is no control traffic of its own: a port alone would be a way out for everyone.
 * Later fragments show none of it and are not left out.
 */
export const CONTROL = 'control'

interface Keeping {
  readonly destination?: Prefix
  readonly source?: Prefix
  readonly keep?: typeof CONTROL
}

/**
 * As with exceptions, of which end the match is must not be in doubt.
 * @throws InputError `match-keep`
 */
export function refuseKeeping({ destination, source, keep }: Keeping): void {
  if (keep === undefined || (destination === undefined) !== (source === undefined)) return
  throw new InputError(
    'match-keep',
    'control traffic is kept by a match of one end: name its destination or its source, not both and not neither',
    'keep',
  )
}

/** The same match without control traffic. @throws InputError `match-keep` */
export function withControlKept<M extends Keeping>(match: M): M {
  const keeping = { ...match, keep: CONTROL } as const
  refuseKeeping(keeping)
  return keeping
}

/** Reads the word of a key. @throws InputError `match-keep` */
export function readKeep(text: string): typeof CONTROL {
  if (text === CONTROL) return CONTROL
  throw new InputError('match-keep', `'${text}' is nothing that can be kept; known: ${CONTROL}`)
}
