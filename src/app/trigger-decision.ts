import { type Block, isActive } from '../domain/block.ts'
import { durationText } from '../domain/duration.ts'
import { isHostPrefix } from '../domain/prefix.ts'
import { isIdentity, targetText } from '../domain/target.ts'
import type { Trigger } from '../domain/trigger.ts'
import { HOUR, MINUTE } from '../guards/breaker.ts'
import type { Refusal } from '../guards/limits.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import { incidentKey } from '../ledger/fold-trigger.ts'
import type { State } from '../ledger/state.ts'
import type { Incident, IncidentBlock, TriggerDeed } from '../ledger/trigger-events.ts'
import type { Decision, WantedBlock } from '../policy/decide.ts'
import { AppError } from './app-error.ts'
import { nothingAdded } from './at-head.ts'
import { whyStopped } from './brake.ts'
import type { Deciding } from './context.ts'
import { decideOne } from './create-blocks.ts'
import { networkOf } from './neighbours.ts'
import { type NewBlock, type Prepared, prepareBlock, type Resolved } from './prepare.ts'
import { type Caller, originOf } from './rights.ts'

/** What is done about a trigger, and what of it is to be recorded. */
export interface Deed {
  readonly deed: TriggerDeed
  readonly events: readonly LedgerEvent[]
  readonly block?: number
  /** What the incident keeps on from here on. */
  readonly blocks: readonly IncidentBlock[]
  /** In place of the policy's sentence. */
  readonly why?: string
}

/** Where and about whom something is decided. */
export interface Scene {
  readonly app: Deciding
  readonly head: Readonly<State>
  readonly now: number
  readonly caller: Caller
  readonly trigger: Trigger
  readonly before: Incident | undefined
  /** Whom its address is about. */
  readonly resolved: Resolved
}

type Blocking = Decision & { readonly block: WantedBlock }

/** Keeps on what an incident has blocked already, or begins it. */
export function carryOut(scene: Scene, decision: Blocking): Deed {
  const { head, now } = scene
  const shape = shapeOf(scene, decision)
  const own = blocksOfIncident(scene).map((one) => marked(scene, one))
  if (own.some(({ leftOff }) => leftOff === true))
    return { deed: 'left-off', events: [], blocks: own, why: LEFT_OFF }
  const same = own.find((one) => one.shape === shape)
  if (same === undefined) {
    const { lasts, most, goesOn } = decision.block
    const bounds = {
      shape,
      latest: now + most,
      ...(goesOn === undefined ? {} : { goesOn: { ...goesOn, lasts } }),
    }
    return begin(scene, decision, own, bounds)
  }
  const block = head.blocks.get(same.block)
  if (block?.wanted === 'proposed') return { deed: 'kept', events: [], block: block.id, blocks: own }
  if (block !== undefined && isActive(block, now))
    return { ...prolong(scene, decision.block, same, block), blocks: own }
  if (same.latest <= now) {
    const why = `it was kept on for ${durationText(decision.block.most)}, as long as the policy allows`
    return { deed: 'refused', events: [], blocks: own, why }
  }
  // The source was silent for longer than it lasts: the incident goes on with another block in its place.
  return begin(
    scene,
    decision,
    own.filter((one) => one !== same),
    same,
  )
}

/** A person has the last word about when a block ends. */
export const END_IS_SET = 'somebody else has set when it ends'

const LEFT_OFF = 'a person has released the block of this incident'

/** Noted in the incident, as a block that has ended leaves memory after a while. */
function marked({ before, head }: Scene, one: IncidentBlock): IncidentBlock {
  const isOff = before?.open === true && isLeftOff(head.blocks.get(one.block))
  return isOff ? { ...one, leftOff: true } : one
}

/** Of one that is opened anew, what has not ended yet, as while a hold-down lasts. */
export function blocksOfIncident({ before, head, now }: Scene): readonly IncidentBlock[] {
  if (before === undefined || before.open) return before?.blocks ?? []
  return before.blocks.filter(({ block }) => {
    const found = head.blocks.get(block)
    return found !== undefined && isActive(found, now)
  })
}

/** Nobody but people releases what an incident that goes on has made. */
function isLeftOff(block: Block | undefined): boolean {
  return block?.ending === 'released' || block?.ending === 'declined' || block?.ending === 'withdrawn'
}

/** Without how long it lasts: that changes. */
function shapeOf({ trigger }: Scene, { verdict, block }: Blocking): string {
  const { direction, match, action, collateral, scope, quarantine } = block
  return JSON.stringify([
    targetText(trigger.target),
    verdict,
    direction,
    match ?? null,
    action ?? null,
    collateral ?? null,
    scope ?? null,
    ...(quarantine === true ? ['quarantine'] : []),
  ])
}

function prolong(
  scene: Scene,
  wanted: WantedBlock,
  { latest }: IncidentBlock,
  block: Block,
): Omit<Deed, 'blocks'> {
  const { app, head, now, caller } = scene
  const until = Math.min(now + wanted.lasts, latest)
  if (block.until === null || until <= block.until) return { deed: 'kept', events: [], block: block.id }
  if (block.endBy !== undefined) return { deed: 'kept', events: [], block: block.id, why: END_IS_SET }
  const origin = originOf(caller)
  const stopped = whyStopped(app, head, origin, { spec: block, expansion: block.expansion })
  if (stopped.length > 0) return { deed: 'refused', events: [], block: block.id, why: wordsOf(stopped) }
  const event = { type: 'block.amended' as const, block: block.id, by: origin.token, until }
  return { deed: 'extended', events: [event], block: block.id }
}

/** @param like what the incident has stopped in this way before, or is to from now on */
function begin(
  scene: Scene,
  decision: Blocking,
  blocks: readonly IncidentBlock[],
  { shape, latest, goesOn }: Pick<IncidentBlock, 'shape' | 'latest' | 'goesOn'>,
): Deed {
  const { app, head, now, caller } = scene
  const beyond = beyondLimits(scene, decision)
  if (beyond !== undefined) return { deed: 'refused', events: [], blocks, why: beyond }
  const { prepared, reason } = prepareWidest(scene, decision)
  if (prepared instanceof AppError) return { deed: 'refused', events: [], blocks, why: prepared.message }
  const events: LedgerEvent[] = []
  const attack = decision.incident ?? scene.trigger.attack
  const request = {
    ...{ reason, category: scene.trigger.category, ...ticketOf(scene.trigger) },
    ...(decision.advice === undefined ? {} : { advice: decision.advice }),
    ...(attack === undefined ? {} : { attack }),
  }
  const id = decideOne(app, head, now, caller, prepared, request, nothingAdded(app), events)
  if (id instanceof AppError) return { deed: 'refused', events, blocks, why: id.message }
  const { onClose } = decision.block
  const made = { block: id, shape, latest, onClose, ...(goesOn === undefined ? {} : { goesOn }) }
  return {
    deed: events.some(({ type }) => type === 'block.proposed') ? 'proposed' : 'began',
    ...{ events, block: id, blocks: [...blocks, made] },
  }
}

/** What is to begin, and the reason that it is recorded with. */
interface ToBegin {
  readonly prepared: Prepared | AppError
  readonly reason: string
}

/** A host's whole network, where its policy has blocked so many of it that it wants that, and nothing stands against it. */
function prepareWidest(scene: Scene, decision: Blocking): ToBegin {
  const alone = reasonOf(decision, scene.resolved)
  const all = networkToBlock(scene, decision)
  if (all === undefined) return { prepared: preparedFor(scene, decision, alone), reason: alone }
  const { network, hosts } = all
  const together = `${alone}; all of ${network}, of which ${hosts} hosts are blocked`
  const prepared = preparedFor(scene, decision, together, network)
  const against = prepared instanceof AppError ? prepared.message : wordsAgainst(prepared)
  if (against === undefined) return { prepared, reason: together }
  const reason = `${alone}; the host alone and not ${network}: ${against}`.slice(0, LONGEST_REASON)
  return { prepared: preparedFor(scene, decision, reason), reason }
}

/** Why it would not begin at once as it is, by itself. */
function wordsAgainst({ refusals, asks }: Prepared): string | undefined {
  const against = [...refusals, ...asks.filter(({ code }) => code !== 'policy-asks')]
  return against.length === 0 ? undefined : against.map(({ message }) => message).join('; ')
}

/** Only of others: who is in our own networks is known. */
function networkToBlock({ app, caller, trigger }: Scene, { policy, rule, block }: Blocking) {
  const { target } = trigger
  if (block.aggregate === undefined || target.kind !== 'host' || !isHostPrefix(target.prefix))
    return undefined
  const found = networkOf(block.aggregate, target.prefix)
  if (found === undefined || app.inventory.own.overlapping(found.network).length > 0) return undefined
  const hosts = app.triggers.neighbours.count(caller.token.id, `${policy}/${rule ?? ''}`, found.network) + 1
  return hosts < found.hosts ? undefined : { network: found.network, hosts }
}

function preparedFor(
  { app, caller, trigger, resolved }: Scene,
  decision: Blocking,
  reason: string,
  target = resolved.request.target,
): Prepared | AppError {
  const { quarantine, lasts } = decision.block
  const request = {
    ...resolved.request,
    target,
    reason,
    ...wordsOfBlock(decision.block),
    ...ticketOf(trigger),
  }
  try {
    const policy = `${decision.policy}/${decision.rule ?? ''}`
    const { stations, ...rest } = resolved
    const goAlong = quarantine === true || isIdentity(trigger.target)
    const prepared = prepareBlock(app, caller, {
      ...rest,
      ...(goAlong && stations !== undefined ? { stations } : {}),
      request,
      policy,
      asks: decision.verdict === 'ask',
    })
    const longer =
      decision.block.most > lasts ? `; while it goes on, for up to ${durationText(decision.block.most)}` : ''
    const asking = {
      code: 'policy-asks' as const,
      message: `the policy ${policy} asks: ${decision.why}${longer}`,
    }
    return {
      ...prepared,
      asks: decision.verdict === 'ask' ? [asking, ...prepared.asks] : prepared.asks,
    }
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** What a policy wants, as a command would ask for it. */
function wordsOfBlock({ direction, match, action, collateral, scope, lasts, evidence }: WantedBlock) {
  return {
    ...{ direction, evidence, duration: durationText(lasts) },
    ...(match === undefined ? {} : { match }),
    ...(action === undefined ? {} : { action }),
    ...(collateral === undefined ? {} : { collateral }),
    ...(scope === undefined ? {} : { scope }),
  }
}

const LONGEST_TICKET = 200

/** Where the source tells more. */
function ticketOf({ reference }: Trigger): Pick<NewBlock, 'ticket'> {
  return reference === undefined ? {} : { ticket: reference.slice(0, LONGEST_TICKET) }
}

const LONGEST_REASON = 1_000

function reasonOf({ why, policy, rule, block }: Blocking, { stations = [] }: Resolved): string {
  const unknown = block.quarantine === true && stations.length === 0 ? '; its station is not known' : ''
  return `${why}${unknown} (${policy}/${rule ?? ''})`
}

/** Why the source has had of this policy what it may have, or undefined. */
function beyondLimits({ app, caller, head, now }: Scene, { policy, incident }: Blocking): string | undefined {
  const limits = app.triggers.policies.find(({ name }) => name === policy)?.limits
  if (limits === undefined) return undefined
  const who = `${caller.token.id} ${policy}`
  app.triggers.attempts.note(who, now, incident)
  const over = (count: number, most: number | undefined, what: string): string | undefined =>
    most !== undefined && count > most
      ? `the policy ${policy} takes ${most} ${what} of one source`
      : undefined
  return (
    over(app.triggers.attempts.within(who, now, MINUTE), limits.perMinute, 'blocks a minute') ??
    over(app.triggers.attempts.within(who, now, HOUR), limits.perHour, 'blocks an hour') ??
    (limits.active === undefined
      ? undefined
      : over(activeOf(head, caller, policy) + 1, limits.active, 'blocks at once'))
  )
}

/** Blocks of a source that a policy has on. */
function activeOf(head: Readonly<State>, { token }: Caller, policy: string): number {
  return head.byPolicy.get(incidentKey(token.id, policy)) ?? 0
}

function wordsOf(refusals: readonly Refusal[]): string {
  return refusals.map(({ message }) => message).join('; ')
}
