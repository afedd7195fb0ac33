import { type Block, isOver, PEOPLE_NEEDED, type Proposal } from '../domain/block.ts'
import type { Prefix } from '../domain/prefix.ts'
import { coverageOf } from '../guards/coverage.ts'
import { refuseActive } from '../guards/role-limits.ts'
import type { BlockApproved, LedgerEvent } from '../ledger/events.ts'
import type { Decided } from '../ledger/ledger.ts'
import { ownerOf, type Person, type State } from '../ledger/state.ts'
import { AppError, notFound, refused } from './app-error.ts'
import type { App } from './context.ts'
import { planOf } from './dry-run.ts'
import { type Prepared, participantsOf } from './prepare.ts'
import { prepareAgain } from './prepare-again.ts'
import { type Caller, originOf } from './rights.ts'
import { ruleOfToken } from './role-rule.ts'
import { isTheirs, requireOwn } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** To what somebody agrees. */
export interface Agreement {
  /** Of the plan that they were shown. */
  readonly digest: string
  /** What the participant of a connection has said, and when and to whom. */
  readonly participant?: string
}

/**
 * Agrees to a proposed block, which begins when enough people have. Nobody agrees to what they asked for themselves, or to
 * anything but the plan that they saw: if that has changed, it has to be proposed anew.
 * @throws AppError `not-found`, `not-proposed`, `same-person`, `plan-changed` with the plan of now, `agreement-needed`,
 *   `guard-refused`
 */
export async function approveBlock(
  app: App,
  caller: Caller,
  id: number,
  agreement: Agreement,
): Promise<Block> {
  requireRight(caller, 'approveBlock')
  return app.ledger.commit(
    (head, now) => {
      const { block, proposal } = proposedBlock(app, caller, head, id, now)
      const person = anotherPerson(caller, head, block, proposal)
      const prepared = prepareAgain(app, block)
      if (agreement.digest !== proposal.digest || prepared.digest !== proposal.digest)
        throw planChanged(app, prepared, id, proposal)
      if (prepared.refusals.length > 0) throw refused(prepared.refusals)
      // Of what grows nobody outside was ever asked.
      const outside = proposal.grows === true ? [] : participantsOf(app, prepared)
      const participants = [...new Set([...proposal.participants, ...outside])]
      const participating = { ...proposal, participants }
      const event = approvalOf(block, participating, person, caller, agreement, prepared.expansion, now)
      if (event.begins) refuseFull(app, head, block)
      return changing(head, id, event)
    },
    { bytes: 2_048 + 6 * (agreement.participant?.length ?? 0), always: false },
  )
}

/** Proposes what a block has become by now; whoever does so has agreed to that, and others have to. */
export async function proposeAgain(app: App, caller: Caller, id: number, digest: string): Promise<Block> {
  requireRight(caller, 'proposeAgain')
  return app.ledger.commit(
    (head, now) => {
      const { block, proposal } = proposedBlock(app, caller, head, id, now)
      requireOwn(caller, block)
      const prepared = prepareAgain(app, block)
      if (prepared.digest !== digest) throw planChanged(app, prepared, id, proposal)
      if (prepared.refusals.length > 0) throw refused(prepared.refusals)
      const { expansion } = prepared
      const asks = prepared.asks.length === 0 ? proposal.asks : prepared.asks.map(({ message }) => message)
      const agreed = caller.person === undefined ? [] : [caller.person.id]
      const participants = proposal.grows === true ? proposal.participants : participantsOf(app, prepared)
      const event = {
        type: 'block.reproposed' as const,
        block: id,
        by: originOf(caller).token,
        proposal: { ...proposal, digest, asks, agreed, participants },
        // What is on covers no more before others agree.
        ...(expansion === undefined || block.wanted === 'on' ? {} : { expansion }),
      }
      return changing(head, id, event)
    },
    { bytes: 8_192, always: false },
  )
}

/** Says no to a proposed block; an emergency block ends at once. */
export async function declineBlock(app: App, caller: Caller, id: number, why?: string): Promise<Block> {
  requireRight(caller, 'declineBlock')
  return app.ledger.commit(
    (head, now) => {
      proposedBlock(app, caller, head, id, now)
      const event = { type: 'block.declined' as const, block: id, by: originOf(caller).token }
      return changing(head, id, { ...event, ...(why === undefined ? {} : { why }) })
    },
    { bytes: 1_024 + 6 * (why?.length ?? 0), always: true },
  )
}

/** Answers with the block as it is once the event is folded. */
function changing(head: Readonly<State>, id: number, event: LedgerEvent): Decided<Block> {
  return {
    events: [event],
    get answer() {
      const block = head.blocks.get(id)
      if (block === undefined) throw new Error(`block ${id} is not in the head right after it was changed`)
      return block
    },
  }
}

function proposedBlock(
  app: App,
  caller: Caller,
  head: Readonly<State>,
  id: number,
  now: number,
): { readonly block: Block; readonly proposal: Proposal } {
  const block = head.blocks.get(id)
  if (block === undefined || !isTheirs(app, caller, block))
    throw notFound(`block ${id} that awaits agreement`)
  const { proposal } = block
  const lapsed = proposal?.grows === true && proposal.expires <= now
  if (proposal !== undefined && !isOver(block, now) && !lapsed) return { block, proposal }
  const how = isOver(block, now)
    ? 'its time is over'
    : block.wanted === 'on'
      ? 'it is on'
      : `it was ${block.ending}`
  throw new AppError(409, 'not-proposed', `block ${id} awaits no agreement: ${how}`)
}

/** @throws AppError when the caller is no person, or one of those who have agreed, or in their hands */
function anotherPerson(
  { person, token }: Caller,
  head: Readonly<State>,
  block: Block,
  { agreed }: Proposal,
): Person {
  if (person === undefined)
    throw new AppError(403, 'forbidden', 'only a person can agree, and this is the token of a machine')
  const asked = head.tokens.get(block.origin.token)?.person
  if (agreed.includes(person.id) || asked === person.id)
    throw new AppError(403, 'same-person', `${person.name} has asked for this; another person has to agree`)
  const maker = makerAmong(head, person, token, block, agreed)
  if (maker !== undefined)
    throw new AppError(
      403,
      'same-person',
      `${maker}, and one of them made the other known or gave them this token; somebody else has to agree`,
    )
  return person
}

/** Who can make a second person, or a token of one, is not two people, whichever of them asks first. */
function makerAmong(
  { tokens, people }: Readonly<State>,
  person: Person,
  token: Caller['token'],
  { origin }: Block,
  agreed: readonly string[],
): string | undefined {
  const personOf = (by: string | undefined): string | undefined => tokens.get(by ?? '')?.person
  const asked = tokens.get(origin.token)
  const before = asked?.person === undefined ? agreed : [...agreed, asked.person]
  const makers = [token.by, person.by].map(personOf)
  const first = before.find((id) => makers.includes(id) || personOf(people.get(id)?.by) === person.id)
  const gave = asked?.person !== undefined && personOf(asked.by) === person.id
  const other = first ?? (gave ? asked?.person : undefined)
  if (other === undefined) return undefined
  return `${people.get(other)?.name ?? other} has asked for this or agreed to it before ${person.name}`
}

function planChanged(app: App, prepared: Prepared, id: number, proposal: Proposal): AppError {
  const plan = planOf(app, prepared, { ...prepared, near: [], seen: [] })
  const why =
    prepared.digest === proposal.digest
      ? 'the digest is not that of the plan of this block'
      : 'the plan is not what was proposed any more'
  return new AppError(
    409,
    'plan-changed',
    `${why}; look at the plan of block ${id}, and propose it anew if it is meant`,
    {
      plan,
    },
  )
}

function approvalOf(
  block: Block,
  { agreed, lasts, until = block.until, participants, digest, grows, needed }: Proposal,
  person: Person,
  caller: Caller,
  { participant }: Agreement,
  expansion: readonly Prefix[] | undefined,
  now: number,
): BlockApproved {
  const begins = agreed.length + 1 >= (needed ?? PEOPLE_NEEDED)
  if (begins && participants.length > 0 && participant === undefined)
    throw new AppError(
      422,
      'agreement-needed',
      `participant: ${participants.join(', ')} must have agreed; say who did, when and how`,
      { path: 'participant' },
    )
  return {
    type: 'block.approved',
    block: block.id,
    by: originOf(caller).token,
    person: person.id,
    digest,
    ...(participant === undefined ? {} : { agreement: participant }),
    begins,
    until: grows === true ? block.until : lasts === undefined ? until : now + lasts,
    // What is on may have come to cover something else than what is agreed to.
    ...(begins && block.wanted === 'on' && expansion !== undefined
      ? { before: coverageOf(block), expansion }
      : {}),
  }
}

/** As many blocks as whoever asked may have on by their roles of now; how wide and how long was agreed to. */
function refuseFull({ limits, load }: App, head: Readonly<State>, { origin, wanted }: Block): void {
  if (wanted === 'on') return
  const rule = ruleOfToken(limits, head, origin.token)
  const refusals = refuseActive(rule, load.now.active(ownerOf(head, origin.token)))
  if (refusals.length > 0) throw refused(refusals)
}
