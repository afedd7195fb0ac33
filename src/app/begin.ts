import type { Origin, Proposal } from '../domain/block.ts'
import type { Limits } from '../guards/limits.ts'
import type { Ask } from '../guards/width.ts'
import type { BlockCreated, BlockProposed } from '../ledger/events.ts'
import type { NewBlock, Prepared } from './prepare.ts'

/** What is recorded as it was asked for. */
export interface Asked extends Pick<NewBlock, 'reason' | 'ticket' | 'category' | 'breakGlass'> {
  /** Name of what the policy's rule advises. */
  readonly advice?: string
}

/** Everything about a block that is to be recorded. */
export interface Beginning {
  readonly id: number
  readonly now: number
  readonly prepared: Prepared
  readonly request: Asked
  readonly origin: Origin
  /** Id of the person who asks; a machine is none. */
  readonly person: string | undefined
  /** Why one person is not enough. */
  readonly asks: readonly Ask[]
  /** Connections whose participant must agree too. */
  readonly participants: readonly string[]
  readonly limits: Limits
}

/** How a block begins: at once; at once for a short time, while others are asked; or when others have agreed. */
export function beginningOf(beginning: Beginning): BlockCreated | BlockProposed {
  const { asks, request, person } = beginning
  if (asks.length === 0) return { type: 'block.created', ...recordOf(beginning) }
  if (request.breakGlass === true && person !== undefined) return emergency(beginning)
  return { type: 'block.proposed', ...recordOf(beginning), proposal: proposalOf(beginning) }
}

function emergency(beginning: Beginning): BlockCreated {
  const { now, prepared, limits } = beginning
  const until = Math.min(prepared.until ?? Number.POSITIVE_INFINITY, now + limits.proposals.emergency)
  const proposal = { ...proposalOf(beginning), expires: until }
  return { type: 'block.created', ...recordOf(beginning), until, emergency: true, proposal }
}

function proposalOf({ now, prepared, asks, person, participants, limits }: Beginning): Proposal {
  const lapse = now + limits.proposals.lapse
  return {
    digest: prepared.digest,
    asks: asks.map(({ message }) => message),
    // What would be over by then is not worth agreeing to.
    expires: prepared.lasts === undefined ? Math.min(lapse, prepared.until ?? lapse) : lapse,
    ...(prepared.lasts === undefined ? { until: prepared.until } : { lasts: prepared.lasts }),
    agreed: person === undefined ? [] : [person],
    participants,
    // One person is enough for what nobody but the policy asks about.
    ...(asks.every(({ code }) => code === 'policy-asks') ? { needed: 1 as const } : {}),
  }
}

function recordOf({
  id,
  prepared,
  request,
  origin,
}: Beginning): Omit<BlockCreated, 'type' | 'emergency' | 'proposal'> {
  return {
    block: id,
    ...prepared.spec,
    shape: prepared.shape,
    origin,
    reason: request.reason,
    ...(request.ticket === undefined ? {} : { ticket: request.ticket }),
    ...(request.category === undefined ? {} : { category: request.category }),
    ...(request.advice === undefined ? {} : { advice: request.advice }),
    until: prepared.until,
    policy: prepared.policy,
    ownHosts: prepared.radius.ownHosts,
    ...(prepared.departments.length === 0 ? {} : { departments: prepared.departments }),
    ...(prepared.lease === undefined ? {} : { lease: prepared.lease }),
    ...(prepared.expansion === undefined ? {} : { expansion: prepared.expansion }),
  }
}
