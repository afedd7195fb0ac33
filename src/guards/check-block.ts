import { type BlockSpec, hitDirection, type Origin, type SourceEvidence } from '../domain/block.ts'
import type { Bounds } from '../domain/bounds.ts'
import type { Prefix } from '../domain/prefix.ts'
import { type IdentityTarget, isIdentity, isNamed } from '../domain/target.ts'
import { type Inventory, isOwn, namedPrefixes } from '../inventory/inventory.ts'
import { expandTarget, protectedWithin } from '../placement/expand.ts'
import { refuseBeyondBounds, refuseIdentityBeyond } from './bounds.ts'
import { refuseConsent } from './consent.ts'
import type { Limits, Refusal } from './limits.ts'
import { computeHits, type Hits, hitsOfIdentity } from './radius.ts'
import { beyondWidth, type RoleRule, refuseLifetime } from './role-limits.ts'
import { type Ask, refuseNonsense, refuseStraddling, whyWide } from './width.ts'

/** What the guards look at, beside the block itself. */
export interface GuardInput {
  readonly spec: BlockSpec
  readonly origin: Origin
  readonly until: number | null
  readonly evidence: SourceEvidence | undefined
  /** Of the token that asks. */
  readonly bounds: Bounds | undefined
  /** Of whoever asks; of a block that is checked again nobody asks. */
  readonly role: RoleRule | undefined
  /** Milliseconds; `null` for no end. */
  readonly lasts: number | null
  /** A machine has proposed it, and it begins only when a person agrees. */
  readonly asked?: boolean
  readonly inventory: Inventory
  readonly limits: Limits
}

export interface Checked {
  readonly hits: Hits
  /** What it covers. */
  readonly prefixes: readonly Prefix[]
  readonly refusals: readonly Refusal[]
  /** Why one person is not enough. */
  readonly asks: readonly Ask[]
}

/** Runs every guard that looks at one block by itself. An empty list of refusals is the only yes. */
export function checkBlock(input: GuardInput): Checked {
  const { spec, inventory, limits } = input
  if (isIdentity(spec.target)) return checkIdentity(input, spec.target)
  if (namedPrefixes(inventory, spec.target) === undefined && isNamed(spec.target)) {
    return {
      hits: computeHits([], inventory),
      prefixes: [],
      asks: [],
      refusals: [
        {
          guard: 'target',
          code: 'target-unknown',
          message: `there is no ${spec.target.kind} '${spec.target.name}' in the inventory`,
        },
      ],
    }
  }
  const { prefixes } = expandTarget(spec, inventory)
  const hits = computeHits(prefixes, inventory)
  const byRole = refuseByRole(input, prefixes, hits)
  return {
    hits,
    prefixes,
    asks: [...whyWide(spec, prefixes, hits, inventory, limits), ...byRole.asks],
    refusals: [
      ...refuseNothingLeft(spec, prefixes),
      ...refuseNonsense(prefixes),
      ...refuseStraddling(prefixes, inventory),
      ...refuseProtected(spec, prefixes, inventory),
      ...refuseProtectedStations(spec, inventory),
      ...refuseScope(spec, prefixes, inventory),
      ...refuseConsent(spec, input.origin.kind === 'person' || input.asked === true, prefixes, inventory),
      ...refuseBeyondBounds(input.bounds, prefixes, hits, input.lasts),
      ...byRole.refusals,
      ...refuseForgeable(input),
      ...refuseEndless(input),
    ],
  }
}

/** Of an account or a station: what is about prefixes has nothing to say of it. */
function checkIdentity(input: GuardInput, target: IdentityTarget): Checked {
  const { inventory, role, lasts, bounds } = input
  return {
    hits: hitsOfIdentity(target, inventory),
    prefixes: [],
    asks: [],
    refusals: [
      ...refuseProtectedIdentity(target, inventory),
      ...refuseProtectedStations(input.spec, inventory),
      ...refuseIdentityBeyond(bounds, target, lasts),
      ...(role === undefined ? [] : refuseLifetime(role, lasts)),
      ...refuseForgeable(input),
      ...refuseEndless(input),
    ],
  }
}

function refuseProtectedIdentity(target: IdentityTarget, { accounts }: Inventory): Refusal[] {
  const entry = accounts.protectedEntry(target)
  if (entry === undefined) return []
  const message = `${entry.who} (${entry.name}) is protected and is never blocked`
  return [{ guard: 'protected', code: 'protected', message }]
}

/** A station may be protected though the address that it has is not. */
function refuseProtectedStations({ stations = [] }: BlockSpec, inventory: Inventory): Refusal[] {
  return stations.flatMap((name) => refuseProtectedIdentity({ kind: 'station', name }, inventory))
}

function refuseNothingLeft({ target }: BlockSpec, prefixes: readonly Prefix[]): Refusal[] {
  if (prefixes.length > 0 || target.kind === 'host') return []
  const message = `everything in ${target.kind} ${target.name} is protected: nothing would be blocked`
  return [{ guard: 'protected', code: 'nothing-left', message }]
}

function refuseProtected(spec: BlockSpec, prefixes: readonly Prefix[], inventory: Inventory): Refusal[] {
  if (spec.target.kind !== 'host') return []
  return protectedWithin(inventory, prefixes, hitDirection(spec)).map((entry) => ({
    guard: 'protected',
    code: 'protected',
    message: `${entry.prefix} (${entry.name}) is protected${entry.role === 'any' ? '' : ` as ${entry.role}`} and is never blocked`,
  }))
}

/** Scopes beyond this AS are for own space only (RFC 7999 §3.3). */
function refuseScope(spec: BlockSpec, prefixes: readonly Prefix[], inventory: Inventory): Refusal[] {
  if (spec.scope === 'local' || prefixes.every((prefix) => isOwn(inventory, prefix))) return []
  return [
    {
      guard: 'space',
      code: 'scope-own-space-only',
      message: `scope ${spec.scope} is for own space only; an outside prefix stays local`,
    },
  ]
}

function refuseByRole(
  { role, lasts }: GuardInput,
  prefixes: readonly Prefix[],
  hits: Hits,
): Pick<Checked, 'asks' | 'refusals'> {
  if (role === undefined) return { asks: [], refusals: [] }
  const { asks, refusals } = beyondWidth(role, prefixes, hits)
  return { asks, refusals: [...refusals, ...refuseLifetime(role, lasts)] }
}

/** A packet's source address proves nothing by itself: blocking it could be what an attacker wants. */
function refuseForgeable({ spec, origin, evidence, limits }: GuardInput): Refusal[] {
  const weak = evidence === 'spoofable' || (evidence === undefined && origin.kind === 'automatic')
  if (hitDirection(spec) === 'to' || !weak || limits.spoofableSources === 'allow') return []
  return [
    {
      guard: 'evidence',
      code: 'evidence-spoofable',
      message:
        'the evidence could be forged by anyone; a source is blocked only on established connections (evidence established), or block to the victim instead',
    },
  ]
}

function refuseEndless({ origin, until }: GuardInput): Refusal[] {
  if (origin.kind === 'person' || until !== null) return []
  return [
    {
      guard: 'expiry',
      code: 'expiry-required',
      message: 'an automatic block must end by itself; give a duration',
    },
  ]
}
