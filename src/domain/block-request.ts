import { type BlockSpec, type Collateral, type Direction, FRAGMENT_COLLATERAL } from './block.ts'
import { InputError, within } from './input-error.ts'
import {
  componentNames,
  matchText,
  NO_COMPONENTS,
  type PacketMatch,
  type Ranges,
  readMatch,
} from './match.ts'
import { rangesCover } from './numeric.ts'
import { type Prefix, prefixFamily } from './prefix.ts'
import { type Action, DROP, QUARANTINE, type Scope, SUSPEND } from './rule.ts'
import { type IdentityTarget, isIdentity, readTarget, type Target } from './target.ts'

/** What a caller may say about a block, before it is checked. */
export interface BlockRequest {
  readonly target: string
  readonly match?: Readonly<Record<string, unknown>>
  readonly direction?: Direction
  readonly action?:
    | 'drop'
    | 'suspend'
    | 'quarantine'
    | { readonly rateLimit: number }
    | { readonly redirect: string }
    | { readonly mark: number }
  readonly collateral?: readonly Collateral[]
  readonly scope?: Scope
  /** Of a host: whether the station that has its address is to be quarantined too. */
  readonly quarantine?: boolean
}

/** Lowest rate that can be asked for, in bytes a second; the highest is 10^12, above which ExaBGP clamps. */
const LOWEST_RATE = 1
const HIGHEST_RATE = 1_000_000_000_000

const NOTHING: readonly never[] = Object.freeze([])

/**
 * Checks a request and builds what it asks for. `isOwn` tells own space from outside, which decides the direction
 * where none is given: `both` for own hosts, `from` for outside ones. @param stations that go with the target
 * @throws InputError with the path of the wrong field
 */
export function readBlockSpec(
  request: BlockRequest,
  isOwn: (prefix: Prefix) => boolean,
  stations: readonly string[] = [],
): BlockSpec {
  const target = within('target', () => readTarget(request.target))
  if (isIdentity(target)) return readIdentitySpec(target, request, stations)
  if (request.quarantine === true && target.kind !== 'host')
    throw new InputError(
      'quarantine',
      `only the station of a host is quarantined, not a ${target.kind}`,
      'quarantine',
    )
  const direction = request.direction ?? (target.kind === 'host' && !isOwn(target.prefix) ? 'from' : 'both')
  const match = within('match', () => readNarrowing(target, direction, request.match))
  return {
    target,
    ...(match === undefined ? {} : { match }),
    direction,
    action: within('action', () => readPacketAction(target, request.action)),
    collateral: readCollateral(request.collateral, direction, match),
    scope: request.scope ?? 'local',
    ...(stations.length === 0 ? {} : { stations }),
  }
}

/** An account is suspended, a station quarantined or dropped; both as a whole, in every direction. */
function readIdentitySpec(
  target: IdentityTarget,
  request: BlockRequest,
  stations: readonly string[],
): BlockSpec {
  const narrowed = request.match !== undefined && Object.keys(request.match).length > 0
  const senseless = {
    match: narrowed,
    direction: request.direction !== undefined && request.direction !== 'both',
    collateral: request.collateral !== undefined && request.collateral.length > 0,
    scope: request.scope !== undefined && request.scope !== 'local',
    quarantine: request.quarantine === true,
  }
  for (const [field, isGiven] of Object.entries(senseless))
    if (isGiven)
      throw new InputError(
        `${field}-target`,
        `a block of ${target.kind === 'account' ? 'an account' : 'a station'} is of all that it does: leave this out`,
        field,
      )
  const action = within('action', () => readIdentityAction(target.kind, request.action))
  const spec: BlockSpec = { target, direction: 'both', action, collateral: NOTHING, scope: 'local' }
  return stations.length === 0 ? spec : { ...spec, stations }
}

function readIdentityAction(kind: IdentityTarget['kind'], action: BlockRequest['action']): Action {
  if (kind === 'account') {
    if (action === undefined || action === 'suspend') return SUSPEND
    throw new InputError('action', 'an account is suspended, and nothing else; say suspend or leave it out')
  }
  if (action === undefined || action === 'quarantine') return QUARANTINE
  if (action === 'drop') return DROP
  throw new InputError(
    'action',
    'a station has its sessions ended (drop) or is in quarantine; say one of these, or leave it out for quarantine',
  )
}

function readPacketAction({ kind }: Target, action: BlockRequest['action']): Action {
  if (action === 'suspend' || action === 'quarantine')
    throw new InputError(
      'action',
      `${action} is for ${action === 'suspend' ? 'accounts' : 'stations'}, not for a ${kind}`,
    )
  return readAction(action)
}

/** Left out, it is none, but for an amplification: most of that arrives as fragments, which have no port. */
function readCollateral(
  given: readonly Collateral[] | undefined,
  direction: Direction,
  match: PacketMatch | undefined,
): readonly Collateral[] {
  if (given === undefined) return isAmplification(direction, match) ? AMPLIFICATION : NOTHING
  return given.length === 0 ? NOTHING : [...new Set(given)].sort()
}

const AMPLIFICATION: readonly Collateral[] = Object.freeze([FRAGMENT_COLLATERAL])
const UDP: Ranges = [[17, 17]]

/** Answers of a UDP service, to whatever port of a victim that never asked. */
function isAmplification(direction: Direction, match: PacketMatch | undefined): boolean {
  const { protocol, port, sourcePort, destinationPort, fragment } = match?.components ?? NO_COMPONENTS
  if (direction !== 'to' || sourcePort === undefined || protocol === undefined) return false
  if (port !== undefined || destinationPort !== undefined) return false
  return fragment === undefined && rangesCover(UDP, protocol)
}

function readNarrowing(
  target: Target,
  direction: Direction,
  input: BlockRequest['match'],
): PacketMatch | undefined {
  if (input === undefined || Object.keys(input).length === 0) return undefined
  if (target.kind !== 'host')
    throw new InputError('match-target', `only a host can be narrowed by a match, not a ${target.kind}`)
  const match = readMatch(prefixFamily(target.prefix), input)
  const taken = direction === 'to' ? 'destination' : 'source'
  if (direction === 'both') refuseOneSided(match)
  else if (match[taken] !== undefined) {
    throw new InputError(
      'match-direction',
      `the target is the ${taken} of a block '${direction}' it; give the other end only`,
      taken,
    )
  }
  return matchText(match) === '' ? undefined : match
}

function refuseOneSided(match: PacketMatch): void {
  const sided = [
    ...(match.destination ? ['destination'] : []),
    ...(match.source ? ['source'] : []),
    ...componentNames(match.components),
  ].find((name) => ['destination', 'source', 'destinationPort', 'sourcePort'].includes(name))
  if (sided !== undefined) {
    throw new InputError(
      'match-direction',
      'has no meaning for both directions at once; say direction to or from, or use port',
      sided,
    )
  }
}

function readAction(action: Exclude<BlockRequest['action'], 'suspend' | 'quarantine'>): Action {
  if (action === undefined || action === 'drop') return DROP
  if (Object.keys(action).length !== 1)
    throw new InputError('action', 'one action at a time: rateLimit, redirect or mark')
  if ('redirect' in action) return { do: 'redirect', to: action.redirect }
  if ('mark' in action) return readMark(action.mark)
  const rate = action.rateLimit
  if (!Number.isInteger(rate) || rate < LOWEST_RATE || rate > HIGHEST_RATE) {
    throw new InputError(
      'rate',
      `a rate is a whole number of bytes a second from ${LOWEST_RATE} to ${HIGHEST_RATE}; to stop everything say drop`,
      'rateLimit',
    )
  }
  return { do: 'rate-limit', bytesPerSecond: rate }
}

/** A DSCP has six bits (RFC 2474 §3). */
const HIGHEST_DSCP = 63

function readMark(dscp: number): Action {
  if (!Number.isInteger(dscp) || dscp < 0 || dscp > HIGHEST_DSCP)
    throw new InputError('dscp', `a DSCP is a whole number from 0 to ${HIGHEST_DSCP}`, 'mark')
  return { do: 'mark', dscp }
}
