import { type Block, type BlockSpec, otherEnd, type Proposal } from '../domain/block.ts'
import type {
  BlockAmended,
  BlockApproved,
  BlockCreated,
  BlockDeclined,
  BlockReproposed,
  LedgerEvent,
  Milestones,
  PersonKnown,
  Recorded,
  Redacted,
  RequestAnswered,
  TokenCreated,
} from './events.ts'
import { dropUnder, keepUnder, type State } from './state.ts'

/** How long an answered request is remembered, in milliseconds. */
export const ANSWER_KEPT = 24 * 3_600_000

/** Folds one event into the state. The only function that changes intent. */
export function fold(state: State, recorded: Recorded): void {
  state.seq = recorded.seq
  state.at = Math.max(state.at, recorded.at)
  const { event } = recorded
  if (event.type.startsWith('block.') || event.type === 'milestones') foldBlock(state, recorded)
  else if (isBrake(event)) foldBrake(state, event, recorded.at)
  else foldRest(state, recorded)
}

function foldBlock(state: State, { at, event, redacted }: Recorded): void {
  switch (event.type) {
    case 'block.created':
      return foldCreated(state, event, at, redacted)
    case 'block.proposed':
      state.nextBlock = Math.max(state.nextBlock, event.block + 1)
      if (!redacted)
        addBlock(
          state,
          compactBlock(state, event, { ...NEW, id: event.block, createdAt: at, wanted: 'proposed' }),
        )
      return
    case 'block.reproposed':
    case 'block.approved':
    case 'block.declined':
      return foldAgreement(state, event, at)
    case 'block.amended':
      return amendBlock(state, event)
    case 'block.released':
      return endBlock(state, event.block, 'released', at)
    case 'block.expired':
      return endBlock(state, event.block, 'expired', at)
    case 'milestones':
      return noteMilestones(state, event)
    default:
      return
  }
}

function foldCreated(state: State, event: BlockCreated, at: number, redacted: boolean): void {
  state.nextBlock = Math.max(state.nextBlock, event.block + 1)
  if (event.ownHosts > 0) noteOwnHosts(state, event, at)
  if (!redacted) addBlock(state, compactBlock(state, event, { ...NEW, id: event.block, createdAt: at }))
}

function foldAgreement(
  state: State,
  event: BlockReproposed | BlockApproved | BlockDeclined,
  at: number,
): void {
  const block = state.blocks.get(event.block)
  if (block?.proposal === undefined || block.wanted === 'off') return
  switch (event.type) {
    case 'block.declined':
      return endBlock(state, block.id, 'declined', at)
    case 'block.reproposed': {
      const { proposal, expansion } = event
      state.blocks.set(block.id, {
        ...block,
        proposal,
        ...(expansion === undefined ? {} : { expansion }),
        version: block.version + 1,
      })
      return
    }
    case 'block.approved':
      return agree(state, block, block.proposal, event)
  }
}

function agree(state: State, block: Block, proposal: Proposal, event: BlockApproved): void {
  const version = block.version + 1
  if (!event.begins) {
    const agreed = [...proposal.agreed, event.person]
    state.blocks.set(block.id, { ...block, proposal: { ...proposal, agreed }, version })
    return
  }
  const { proposal: _, emergency: __, ...rest } = block
  const agreed = [...proposal.agreed, event.person]
  const begun: Block = { ...rest, wanted: 'on', until: event.until, agreed, version }
  state.blocks.set(block.id, begun)
  state.proposed.delete(block.id)
  if (block.wanted === 'proposed') countActive(state, begun)
}

const HOUR = 3_600_000

/** Hours of which it is known what was blocked of own space. */
export const HOURS_KEPT = 24

function noteOwnHosts(state: State, { origin, ownHosts }: BlockCreated, at: number): void {
  const who = state.tokens.get(origin.token)?.person ?? origin.token
  const hour = Math.floor(at / HOUR)
  const kept = (state.lately.get(who) ?? []).filter((one) => one.hour > hour - HOURS_KEPT)
  const last = kept.at(-1)
  const hosts = last?.hour === hour ? last.hosts + ownHosts : ownHosts
  state.lately.set(who, [...kept.filter((one) => one.hour !== hour), { hour, hosts }])
}

/** Hosts of own space that one has blocked within the last day, by themselves. */
export function ownHostsLately(state: Readonly<State>, who: string, now: number): number {
  const hour = Math.floor(now / HOUR)
  return (state.lately.get(who) ?? []).reduce(
    (sum, one) => (one.hour > hour - HOURS_KEPT ? sum + one.hosts : sum),
    0,
  )
}

function isBrake(event: LedgerEvent): event is Brake {
  return BRAKES.has(event.type)
}

type Brake = Extract<LedgerEvent, { type: `breaker.${string}` | `automation.${string}` | `source.${string}` }>

const BRAKES: ReadonlySet<string> = new Set<Brake['type']>([
  'breaker.tripped',
  'breaker.reset',
  'automation.frozen',
  'automation.thawed',
  'automation.panicked',
  'source.muted',
  'source.unmuted',
])

function foldBrake(state: State, event: Brake, at: number): void {
  switch (event.type) {
    case 'breaker.tripped':
      state.breakers.set(event.breaker, { limit: event.limit, source: event.source, at })
      return
    case 'breaker.reset':
      state.breakers.delete(event.breaker)
      return
    case 'automation.frozen':
      state.frozen = { by: event.by, reason: event.reason, at }
      return
    case 'automation.thawed':
      state.frozen = undefined
      return
    case 'automation.panicked':
      for (const id of event.blocks) endBlock(state, id, 'released', at)
      return
    case 'source.muted':
      state.muted.set(event.token, { by: event.by, reason: event.reason, at })
      return
    case 'source.unmuted':
      state.muted.delete(event.token)
      return
  }
}

function foldRest(state: State, { seq, at, event, redacted }: Recorded): void {
  switch (event.type) {
    case 'memo':
      state.memos.set(event.device, event.memo)
      return
    case 'device.held':
      state.holds.set(event.device, { by: event.by, until: event.until, reason: event.reason })
      return
    case 'device.freed':
      state.holds.delete(event.device)
      return
    case 'token.created':
      return addToken(state, event, at)
    case 'token.revoked':
      return revokeToken(state, event.token)
    case 'person.known':
      if (!redacted) notePerson(state, event, at)
      return
    case 'person.left':
      return letGo(state, event.person)
    case 'request.answered':
      if (!redacted) noteAnswer(state, event, seq, at)
      return
    case 'redacted':
      return forgetRedacted(state, event)
    default:
      return
  }
}

function addToken(state: State, { type: _, token: id, session, ...rest }: TokenCreated, at: number): void {
  if (session === true && rest.person !== undefined) state.logins.set(rest.person, at)
  state.tokens.set(id, { id, ...rest, session: session === true, revoked: false })
}

function notePerson(state: State, { type: _, person: id, ...rest }: PersonKnown, at: number): void {
  state.people.set(id, { id, ...rest, left: false, at })
}

function letGo(state: State, id: string): void {
  const person = state.people.get(id)
  if (person !== undefined) state.people.set(id, { ...person, left: true })
  // For good: one who is added again begins with nothing of what they held before.
  for (const token of state.tokens.values()) if (token.person === id) revokeToken(state, token.id)
}

function revokeToken(state: State, id: string): void {
  const token = state.tokens.get(id)
  if (token !== undefined) state.tokens.set(id, { ...token, revoked: true })
}

function noteAnswer(
  state: State,
  { token, key, digest, blocks }: RequestAnswered,
  seq: number,
  at: number,
): void {
  // Behind all others, because they are forgotten from the front.
  state.answered.delete(answerKey(token, key))
  state.answered.set(answerKey(token, key), { seq, digest, blocks, at })
}

/** What was erased leaves memory too. */
function forgetRedacted(state: State, { blocks, events }: Redacted): void {
  for (const id of blocks) {
    const block = state.blocks.get(id)
    if (block?.wanted === 'off') dropBlock(state, block)
  }
  const gone = new Set(blocks)
  const left = state.ended.filter((id) => !gone.has(id))
  state.ended.length = 0
  for (const id of left) state.ended.push(id)
  const erased = new Set(events)
  for (const [key, { seq }] of state.answered) if (erased.has(seq)) state.answered.delete(key)
}

export function answerKey(token: string, key: string): string {
  return `${token} ${key}`
}

const NOWHERE: readonly string[] = Object.freeze([])

const NEW = { wanted: 'on', version: 1, seenOn: NOWHERE } as const

/** Puts a block of a checkpoint, active or ended, into the state and its indexes. */
export function restoreBlock(state: State, block: Block): void {
  addBlock(state, compactBlock(state, block, block))
}

function addBlock(state: State, block: Block): void {
  state.blocks.set(block.id, block)
  if (block.target.kind === 'host') keepUnder(state.byPrefix, block.target.prefix, block.id)
  else state.named.add(block.id)
  const other = otherEnd(block)
  if (other !== undefined) keepUnder(state.byOtherEnd, other, block.id)
  if (block.wanted === 'off') {
    state.ended.push(block.id)
    return
  }
  if (block.wanted === 'proposed') state.proposed.add(block.id)
  else countActive(state, block)
}

function countActive(state: State, { id, origin }: Block): void {
  state.activeBy.set(origin.token, (state.activeBy.get(origin.token) ?? 0) + 1)
  if (origin.kind === 'automatic') state.automatic.add(id)
}

type Asked = BlockSpec &
  Pick<Block, 'origin' | 'reason' | 'ticket' | 'until' | 'expansion' | 'proposal' | 'emergency' | 'agreed'>

/** A block in the least memory: what others have alike is shared, what most have not is added afterwards. */
function compactBlock({ shared }: State, asked: Asked, lived: Omit<Block, keyof Asked>): Block {
  const block: { -readonly [name in keyof Block]: Block[name] } = {
    id: lived.id,
    target: asked.target,
    direction: asked.direction,
    action: shared.action(asked.action),
    collateral: shared.collateral(asked.collateral),
    scope: asked.scope,
    origin: shared.origin(asked.origin),
    reason: asked.reason,
    createdAt: lived.createdAt,
    until: asked.until,
    wanted: lived.wanted,
    version: lived.version,
    seenOn: shared.devices(lived.seenOn),
  }
  if (asked.match !== undefined) block.match = asked.match
  if (asked.ticket !== undefined) block.ticket = asked.ticket
  if (asked.expansion !== undefined) block.expansion = asked.expansion
  if (asked.proposal !== undefined) block.proposal = asked.proposal
  if (asked.agreed !== undefined) block.agreed = asked.agreed
  if (asked.emergency !== undefined) block.emergency = asked.emergency
  if (lived.endedAt !== undefined) block.endedAt = lived.endedAt
  if (lived.ending !== undefined) block.ending = lived.ending
  return block
}

function amendBlock(state: State, event: BlockAmended): void {
  const block = state.blocks.get(event.block)
  if (block === undefined || block.wanted === 'off') return
  state.blocks.set(block.id, {
    ...block,
    ...(event.until === undefined ? {} : { until: event.until }),
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.ticket === undefined ? {} : { ticket: event.ticket }),
    version: block.version + 1,
  })
}

/** What nobody had agreed to was not released and did not expire. */
const BEFORE_AGREEMENT = { released: 'withdrawn', expired: 'lapsed', declined: 'declined' } as const

function endBlock(state: State, id: number, how: keyof typeof BEFORE_AGREEMENT, at: number): void {
  const block = state.blocks.get(id)
  if (block === undefined || block.wanted === 'off') return
  const began = block.wanted === 'on'
  // An emergency that is declined was in force until now.
  const ending = began ? (how === 'declined' ? 'released' : how) : BEFORE_AGREEMENT[how]
  const { proposal: _, ...rest } = block
  state.blocks.set(id, { ...rest, wanted: 'off', endedAt: at, ending, version: block.version + 1 })
  state.ended.push(id)
  state.proposed.delete(id)
  if (!began) return
  state.automatic.delete(id)
  const left = (state.activeBy.get(block.origin.token) ?? 1) - 1
  if (left === 0) state.activeBy.delete(block.origin.token)
  else state.activeBy.set(block.origin.token, left)
}

function noteMilestones(state: State, event: Milestones): void {
  if (event.reached !== 'in-force') return
  for (const id of event.blocks) {
    const block = state.blocks.get(id)
    if (block === undefined || block.seenOn.includes(event.device)) continue
    // In place: a copy for each device of each block would cost more than everything else in this fold.
    const noted: { seenOn: readonly string[] } = block
    noted.seenOn = state.shared.extended(block.seenOn, event.device)
  }
}

/** Drops ended blocks that ended before `before`, and answers that are too old. They stay in the ledger. */
export function forget(state: State, before: number, now: number): void {
  let count = 0
  for (const id of state.ended) {
    const block = state.blocks.get(id)
    if (block !== undefined && (block.endedAt ?? 0) >= before) break
    count += 1
    if (block !== undefined) dropBlock(state, block)
  }
  state.ended.splice(0, count)
  for (const [key, answer] of state.answered) {
    if (answer.at >= now - ANSWER_KEPT) break
    state.answered.delete(key)
  }
}

function dropBlock(state: State, block: Block): void {
  state.blocks.delete(block.id)
  state.named.delete(block.id)
  if (block.target.kind === 'host') dropUnder(state.byPrefix, block.target.prefix, block.id)
  const other = otherEnd(block)
  if (other !== undefined) dropUnder(state.byOtherEnd, other, block.id)
}
