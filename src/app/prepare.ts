import type { Block, BlockSpec, SourceEvidence } from '../domain/block.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block-request.ts'
import type { Category } from '../domain/category.ts'
import { parseDuration } from '../domain/duration.ts'
import { InputError, within } from '../domain/input-error.ts'
import type { Lease } from '../domain/lease.ts'
import { type Prefix, prefixFamily, prefixLength } from '../domain/prefix.ts'
import { isNamed, targetText } from '../domain/target.ts'
import { type Checked, checkBlock } from '../guards/check-block.ts'
import type { Refusal } from '../guards/limits.ts'
import { computeHits, type Radius } from '../guards/radius.ts'
import type { Ask } from '../guards/width.ts'
import { departmentsOfTarget } from '../inventory/departments-at.ts'
import { isOwn } from '../inventory/inventory.ts'
import type { BlockShape } from '../ledger/events.ts'
import type { Placement } from '../placement/place.ts'
import type { PolicyDecision } from '../policy/command.ts'
import { AppError } from './app-error.ts'
import type { Deciding } from './context.ts'
import { planDigest } from './plan.ts'
import { type Caller, originOf } from './rights.ts'
import { ruleOf } from './role-rule.ts'
import { isTheirs } from './sight.ts'

/** A block as callers ask for it. Exactly one of `duration`, `until` and `permanent` says when it ends. */
export interface NewBlock extends BlockRequest {
  readonly reason: string
  readonly ticket?: string
  /** What happened, where that is known. */
  readonly category?: Category
  /** Such as `24h` or `7d`. */
  readonly duration?: string
  /** RFC 3339. */
  readonly until?: string
  readonly permanent?: boolean
  /** What the source address rests on; for blocks of sources. */
  readonly evidence?: SourceEvidence
  /** Name of the attack: several victims of one attack count once for the breaker. */
  readonly attack?: string
  /** When what led to it was seen, RFC 3339: of an address that changes hands, who had it then is meant. */
  readonly detectedAt?: string
  /** How wrong the clock may be that says so, such as `5s`. */
  readonly clockError?: string
  /** The port that was seen, where users share an address behind a NAT. */
  readonly detectedPort?: number
  /** Lets what one person may not block alone begin at once, for a short time, while others are asked. */
  readonly breakGlass?: boolean
}

/** A request of which it is known whom its address is about. */
export interface Resolved {
  /** Of what is to be blocked now: another address where they have moved on. */
  readonly request: NewBlock
  readonly lease?: Lease
  /** MAC addresses of the stations that go with the target. */
  readonly stations?: readonly string[]
  /** The policy and its rule that want it blocked, where no command does. */
  readonly policy?: string
  /** That policy asks a person first. */
  readonly asks?: boolean
  /** Why it is not blocked: it would hit somebody else. */
  readonly refusals: readonly Refusal[]
}

/** A request that was read and checked as far as that goes without the head of the ledger. */
export interface Prepared {
  readonly spec: BlockSpec
  readonly shape: BlockShape
  readonly until: number | null
  /** Milliseconds that it is to last, where it was asked for so. */
  readonly lasts: number | undefined
  readonly radius: Radius
  /** Whom it is about, of an address that changes hands. */
  readonly lease?: Lease
  /** Departments that the target is in. */
  readonly departments: readonly string[]
  /** What it covers, of a target that is a name. */
  readonly expansion: readonly Prefix[] | undefined
  readonly placement: Placement
  /** Of what people agree to. */
  readonly digest: string
  /** Name of the policy rule that decided. */
  readonly policy: string
  readonly refusals: readonly Refusal[]
  /** Why one person is not enough. */
  readonly asks: readonly Ask[]
}

/** @throws AppError `invalid` with the path of the wrong field */
export function prepareBlock(app: Deciding, caller: Caller, resolved: Resolved): Prepared {
  const { request, lease } = resolved
  const { spec, until, lasts } = readInput(app, resolved)
  const { inventory, limits } = app
  const origin = originOf(caller)
  const decision = app.policy({ spec, origin })
  const policy = resolved.policy ?? decision.rule
  const foreign = refuseForeign(app, caller, spec)
  if (foreign.length > 0) return unseen(app, { spec, until, lasts, policy, refusals: foreign })
  const checked = checkBlock({
    spec,
    origin,
    until,
    evidence: request.evidence,
    bounds: caller.token.bounds,
    role: ruleOf(limits, caller.token, caller.person),
    lasts: until === null ? null : until - app.clock.now(),
    asked: resolved.asks === true,
    inventory,
    limits,
  })
  const parts = prepareSpec(app, spec, { origin, policy }, checked)
  const { refusals, asks } = checked
  return {
    ...parts,
    ...(lease === undefined ? {} : { lease }),
    shape: shapeOf(spec),
    until,
    lasts,
    policy,
    asks,
    refusals: [
      ...resolved.refusals,
      ...refuseByPolicy(decision),
      ...refusals,
      ...(refusals.length === 0 ? refuseUnplaced(parts.placement) : []),
    ],
  }
}

/** Of what is not the caller's nothing is told: neither whom it would hit, nor what stands on devices already. */
function unseen(
  { inventory }: Deciding,
  asked: Pick<Prepared, 'spec' | 'until' | 'lasts' | 'policy' | 'refusals'>,
): Prepared {
  const placement: Placement = { line: undefined, placed: [], gaps: [], widened: [] }
  return {
    ...asked,
    shape: shapeOf(asked.spec),
    radius: { ...computeHits([], inventory), widened: [] },
    departments: [],
    expansion: [],
    placement,
    digest: planDigest(asked.spec, [], placement),
    asks: [],
  }
}

/** What a block covers and becomes. */
export function prepareSpec(
  app: Deciding,
  spec: BlockSpec,
  by: Pick<Block, 'origin' | 'policy'>,
  { hits, prefixes }: Checked,
): Pick<Prepared, 'spec' | 'radius' | 'departments' | 'expansion' | 'placement' | 'digest'> {
  const expansion = isNamed(spec.target) ? prefixes : undefined
  const placement = app.engine.placements.place({
    ...{ ...spec, ...by },
    ...(expansion === undefined ? {} : { expansion }),
  })
  const digest = planDigest(spec, prefixes, placement)
  const departments = departmentsOfTarget(app.inventory, spec.target, prefixes)
  return { spec, radius: { ...hits, widened: placement.widened }, departments, expansion, placement, digest }
}

function readInput(
  app: Deciding,
  { request, stations }: Resolved,
): Pick<Prepared, 'spec' | 'until' | 'lasts'> {
  try {
    const now = app.clock.now()
    const until = readUntil(request, now)
    return {
      spec: readBlockSpec(request, (prefix) => isOwn(app.inventory, prefix), stations),
      until,
      lasts: request.duration === undefined || until === null ? undefined : until - now,
    }
  } catch (error) {
    throw asInvalid(error)
  }
}

/** Turns an {@link InputError} into the answer that callers get. */
export function asInvalid(error: unknown): unknown {
  if (!(error instanceof InputError)) return error
  const where = error.path === '' ? '' : `${error.path}: `
  return new AppError(400, error.code, `${where}${error.message}`, { path: error.path })
}

/** When a block ends, in milliseconds since 1970; `null` for never. @throws InputError */
export function readUntil(
  request: Pick<NewBlock, 'duration' | 'until' | 'permanent'>,
  now: number,
): number | null {
  const given = (['duration', 'until', 'permanent'] as const).filter(
    (name) => request[name] !== undefined && request[name] !== false,
  )
  if (given.length !== 1) {
    throw new InputError(
      'until',
      'say how long: exactly one of duration (such as 24h), until (a time) and permanent',
      given[1] ?? 'duration',
    )
  }
  if (request.permanent === true) return null
  if (request.duration !== undefined) {
    const { duration } = request
    return now + within('duration', () => parseDuration(duration))
  }
  const time = readTime(request.until ?? '')
  if (time <= now) throw new InputError('until', 'that time has passed; give one in the future', 'until')
  return time
}

function readTime(text: string): number {
  const time =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) && isDay(text.slice(0, 10))
      ? Date.parse(text)
      : Number.NaN
  if (Number.isNaN(time))
    throw new InputError('until', `'${text}' is not a time with a zone such as 2026-11-20T18:00:00Z`, 'until')
  return time
}

/** Date.parse takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

export function shapeOf({ target }: BlockSpec): BlockShape {
  if (target.kind !== 'host') return { target: target.kind }
  return { target: 'host', family: prefixFamily(target.prefix), prefixLength: prefixLength(target.prefix) }
}

function refuseForeign(app: Deciding, caller: Caller, spec: BlockSpec): Refusal[] {
  if (isTheirs(app, caller, spec)) return []
  const message = `${targetText(spec.target)} is not in your departments (${caller.departments?.join(', ')})`
  return [{ guard: 'authority', code: 'outside-departments', message }]
}

function refuseByPolicy({ verdict, rule, why }: PolicyDecision): Refusal[] {
  if (verdict === 'block') return []
  return [{ guard: 'policy', code: 'policy-refused', message: `the rule '${rule}' refuses it: ${why}` }]
}

/** Connections of which somebody outside must agree. */
export function participantsOf({ inventory }: Deciding, { radius }: Pick<Prepared, 'radius'>): string[] {
  return radius.connections.filter((name) => inventory.connections.get(name)?.agreement === true)
}

/** A block that no device could enforce is not taken: it would look like protection. */
export function refuseUnplaced(placement: Placement): Refusal[] {
  if (placement.placed.length > 0) return []
  const why = placement.gaps
    .map((gap) => `${gap.device ?? gap.ingress ?? 'placement'}: ${gap.why}`)
    .join('; ')
  return [
    { guard: 'placement', code: 'nothing-placed', message: `no device could enforce this block (${why})` },
  ]
}
