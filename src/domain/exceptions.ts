import { InputError } from './input-error.ts'
import { aggregatePrefixes, type Family, type Prefix, prefixFamily, prefixLength } from './prefix.ts'

/** The ends of a match: what it names, and the exceptions that it makes at the other. */
interface Excepting {
  readonly family: Family
  readonly destination?: Prefix
  readonly source?: Prefix
  readonly except?: readonly Prefix[]
}

/**
 * The same match without the packets whose other end, the one that the match does not name, is in these prefixes.
 * The exceptions become as few prefixes as possible, in address order, so that equal ones have equal texts.
 * @throws InputError `match-except`, `match-family`
 */
export function withExceptions<M extends Excepting>(match: M, exceptions: readonly Prefix[]): M {
  if (exceptions.length === 0) return match
  const stray = exceptions.find((prefix) => prefixFamily(prefix) !== match.family)
  if (stray !== undefined)
    throw new InputError('match-family', `${stray} is not IPv${match.family}; one match holds one family`)
  const excepting = { ...match, except: aggregatePrefixes(exceptions) }
  refuseExceptions(excepting)
  return excepting
}

/**
 * Exceptions stand at the end of which the match says nothing else; with both ends named, or none, it would not be
 * clear which end that is.
 * @throws InputError `match-except`
 */
export function refuseExceptions({ destination, source, except }: Excepting): void {
  if (except === undefined) return
  if ((destination === undefined) === (source === undefined))
    throw new InputError(
      'match-except',
      'exceptions are of the other end: name the destination or the source of the match, not both and not neither',
    )
  if (except.length === 0 || except.some((prefix) => prefixLength(prefix) === 0))
    throw new InputError('match-except', 'expected some addresses, and not all of them')
}

/** The exceptions that a match makes at this end of its packets; none at an end that it names. */
export function exceptionsAt(end: 'destination' | 'source', match: Excepting): readonly Prefix[] {
  return match[end] === undefined ? (match.except ?? []) : []
}
