import { targetText } from '../domain/target.ts'
import type { Recorded } from './events.ts'
import type { State } from './state.ts'
import type { Incident, TriggerTaken } from './trigger-events.ts'

const DAY = 24 * 3_600_000
/** How long it is remembered that policies blocked a target. */
export const OFFENCES_KEPT = 30 * DAY
/** More are not counted of one target. */
const MOST_OFFENCES = 50

export function incidentKey(source: string, id: string): string {
  return `${source} ${id}`
}

export function foldTrigger(state: State, { at, redacted }: Recorded, event: TriggerTaken): void {
  state.nextTrigger = Math.max(state.nextTrigger, event.trigger + 1)
  noteTrigger(state, event)
  // Of one that was redacted nobody knows whom it was about.
  if (redacted) return
  const key = incidentKey(event.source, event.record.id)
  const before = state.incidents.get(key)
  const target = targetText(event.record.target)
  const isOpening = event.kind !== 'close' && opensAnew(state, before, at)
  const open = goesOn(event, at)
  const opens = (before?.opens ?? []).filter((time) => time > at - DAY)
  // Behind all others, as they are forgotten from the front.
  state.incidents.delete(key)
  state.incidents.set(key, {
    ...{ source: event.source, id: event.record.id, revision: event.revision },
    ...{ open, target },
    ...(event.attack === undefined ? {} : { attack: event.attack }),
    opens: isOpening ? [...opens, at] : opens,
    blocks: event.blocks,
    ...{ trigger: event.trigger, at, category: event.category, verdict: event.verdict, deed: event.deed },
    ...(event.policy === undefined ? {} : { policy: event.policy }),
    ...(event.rule === undefined ? {} : { rule: event.rule }),
  })
  noteAttack(state, key, before, event, open)
  if (event.deed !== 'began') return
  noteOffence(state, target, at)
  if (event.block !== undefined && event.policy !== undefined)
    notePolicy(state, event.block, incidentKey(event.source, event.policy))
}

/** Of a block that has begun in the same turn: what has led to it is nothing that has changed since. */
function noteTrigger(state: State, { deed, block: id, trigger }: TriggerTaken): void {
  if (deed !== 'began' && deed !== 'proposed') return
  const block = id === undefined ? undefined : state.blocks.get(id)
  if (block === undefined) return
  // In place: to whoever has seen it begin it is the same block.
  const noted: { trigger?: number } = block
  noted.trigger = trigger
}

function notePolicy(state: State, block: number, of: string): void {
  if (state.blocks.get(block)?.wanted !== 'on') return
  state.policyBlocks.set(String(block), of)
  state.byPolicy.set(of, (state.byPolicy.get(of) ?? 0) + 1)
}

/** A block has ended: it counts no more for the policy that made it. */
export function leavePolicy({ policyBlocks, byPolicy }: State, block: number): void {
  const of = policyBlocks.get(String(block))
  if (of === undefined) return
  policyBlocks.delete(String(block))
  const left = (byPolicy.get(of) ?? 0) - 1
  if (left > 0) byPolicy.set(of, left)
  else byPolicy.delete(of)
}

/** Whether the source says so: what has ceased by the time it is told of does not. */
function goesOn({ kind, record: { ceasedAt } }: TriggerTaken, at: number): boolean {
  return kind !== 'close' && (ceasedAt === undefined || ceasedAt > at)
}

/** Open incidents by the attack that they are of. */
function noteAttack(
  { attacks }: State,
  key: string,
  before: Incident | undefined,
  { source, attack }: TriggerTaken,
  open: boolean,
): void {
  if (before?.attack !== undefined) leaveAttack(attacks, key, before)
  if (attack === undefined || !open) return
  const name = incidentKey(source, attack)
  attacks.set(name, (attacks.get(name) ?? new Set()).add(key))
}

function leaveAttack(attacks: State['attacks'], key: string, { source, attack }: Incident): void {
  const name = incidentKey(source, attack ?? '')
  const open = attacks.get(name)
  open?.delete(key)
  if (open?.size === 0) attacks.delete(name)
}

function noteOffence({ offences }: State, target: string, at: number): void {
  const before = offences.get(target) ?? []
  offences.delete(target)
  offences.set(target, [...before, at].slice(-MOST_OFFENCES))
}

/** Makes the indexes of what a checkpoint has of triggers. */
export function restoreTriggers(state: State): void {
  for (const of of state.policyBlocks.values()) state.byPolicy.set(of, (state.byPolicy.get(of) ?? 0) + 1)
  for (const [key, { source, attack, open }] of state.incidents) {
    if (attack === undefined || !open) continue
    const name = incidentKey(source, attack)
    state.attacks.set(name, (state.attacks.get(name) ?? new Set()).add(key))
  }
}

/** Whether a block of it may yet last longer: by its source, or because what it stops goes on. */
function mayKeepOn({ blocks }: Readonly<State>, incident: Incident): boolean {
  return incident.blocks.some(
    ({ block, goesOn }) => (incident.open || goesOn !== undefined) && blocks.get(block)?.wanted === 'on',
  )
}

/** Of what nothing was said for a day, whoever asks finds the same, whether it has been forgotten yet or not. */
function isStale(state: Readonly<State>, incident: Incident, at: number): boolean {
  return incident.at < at - DAY && !mayKeepOn(state, incident)
}

/** Whether a trigger that says of an incident that it goes on opens it, rather than goes on with it. */
export function opensAnew(state: Readonly<State>, before: Incident | undefined, at: number): boolean {
  return before === undefined || !before.open || isStale(state, before, at)
}

/** Drops incidents of which nothing was said for so long and for a day, and offences that count no more. */
export function forgetTriggers(state: State, before: number, now: number): void {
  const since = Math.min(before, now - DAY)
  for (const [key, incident] of state.incidents) {
    if (incident.at >= since) break
    if (mayKeepOn(state, incident)) continue
    leaveAttack(state.attacks, key, incident)
    state.incidents.delete(key)
  }
  for (const [target, times] of state.offences) {
    if ((times.at(-1) ?? 0) > now - OFFENCES_KEPT) break
    state.offences.delete(target)
  }
}

/**
 * Whether an event still counts: what was said of an incident is erased only when nothing in memory follows from it, so
 * that a restart finds what there was.
 */
export function stillCounts(state: Readonly<State>, { source, record }: TriggerTaken): boolean {
  return state.incidents.has(incidentKey(source, record.id)) || state.offences.has(targetText(record.target))
}
