import { belongsTo } from '../inventory/inventory.ts'
import type { AutomationPanicked } from '../ledger/brake-events.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Breaker, State, Stopped } from '../ledger/state.ts'
import { notFound } from './app-error.ts'
import type { App } from './context.ts'
import { type Caller, originOf } from './rights.ts'
import { requireRight } from './use-cases.ts'

/** Whether machines may block, and what stops them. */
export interface Automation {
  readonly frozen: Stopped | undefined
  /** Breakers that have tripped, by name. */
  readonly breakers: ReadonlyMap<string, Breaker>
  /** Sources that are muted, by token. */
  readonly muted: ReadonlyMap<string, Stopped>
  /** Automatic blocks that are on. */
  readonly blocks: number
}

export async function showAutomation(app: App, caller: Caller): Promise<Automation> {
  requireRight(caller, 'showAutomation')
  await app.ledger.settled()
  return seenBy(app, caller, automationOf(app.ledger.head))
}

/** Whoever is bound to departments sees the brakes that stop blocks there, and those of their own token. */
function seenBy(app: App, { token, departments }: Caller, shown: Automation): Automation {
  // First, so that a panic needs no inventory (law 4).
  if (departments === undefined) return shown
  const isTheirs = (breaker: string): boolean => {
    const [kind, name = ''] = breaker.split(/:(.*)/s)
    if (kind === 'department') return belongsTo(app.inventory, name, departments)
    return kind !== 'source' || name === token.id
  }
  return {
    frozen: shown.frozen,
    breakers: new Map([...shown.breakers].filter(([breaker]) => isTheirs(breaker))),
    muted: new Map([...shown.muted].filter(([source]) => source === token.id)),
    blocks: departments.reduce((sum, name) => sum + app.load.now.automaticIn(name), 0),
  }
}

function automationOf({ frozen, breakers, muted, automatic }: Readonly<State>): Automation {
  return { frozen, breakers, muted, blocks: automatic.size }
}

/** Takes nothing automatic until it is thawed. What is on stays, and ends as it would. */
export function freeze(app: App, caller: Caller, reason: string): Promise<Automation> {
  requireRight(caller, 'freeze')
  const by = originOf(caller).token
  return brakeFor(app, caller, 6 * reason.length, (head) =>
    head.frozen === undefined ? [{ type: 'automation.frozen', by, reason }] : [],
  )
}

export function thaw(app: App, caller: Caller): Promise<Automation> {
  requireRight(caller, 'thaw')
  const by = originOf(caller).token
  return brakeFor(app, caller, 0, (head) =>
    head.frozen === undefined ? [] : [{ type: 'automation.thawed', by }],
  )
}

/** Ends every automatic block, the proposed ones too, and freezes. Works whatever else is wrong (law 4). */
export function panic(app: App, caller: Caller, reason: string): Promise<Automation> {
  requireRight(caller, 'panic')
  return panicAs(app, originOf(caller).token, reason).then((shown) => seenBy(app, caller, shown))
}

/** The same by whoever runs the controller, whose right was not asked for. */
export function panicAs(app: Pick<App, 'ledger'>, by: string, reason: string): Promise<Automation> {
  return brake(app, 6 * reason.length + panicBytes(app.ledger.head), (head) => [
    ...(head.frozen === undefined ? [{ type: 'automation.frozen' as const, by, reason }] : []),
    ...panicEvents(head, by),
  ])
}

/** Blocks in one event: a line of the ledger should not become too long. */
const IN_ONE_EVENT = 1_000

/** Bytes of a block's number in an event, at the most. */
const NUMBER = 12

function panicBytes({ automatic, proposed }: Readonly<State>): number {
  return NUMBER * (automatic.size + proposed.size)
}

/** Everything that is automatic and not over, the proposed too, by number. */
export function endedByPanic({ automatic, proposed, blocks }: Readonly<State>): number[] {
  const waiting = [...proposed].filter((id) => blocks.get(id)?.origin.kind === 'automatic')
  return [...automatic, ...waiting].sort((a, b) => a - b)
}

function panicEvents(head: Readonly<State>, by: string): AutomationPanicked[] {
  const blocks = endedByPanic(head)
  const events: AutomationPanicked[] = []
  for (let at = 0; at < blocks.length; at += IN_ONE_EVENT)
    events.push({ type: 'automation.panicked', blocks: blocks.slice(at, at + IN_ONE_EVENT), by })
  return events
}

/** Takes nothing of one source until it is unmuted; what it ends is ended. @throws AppError `not-found` */
export function muteSource(app: App, caller: Caller, token: string, reason: string): Promise<Automation> {
  requireRight(caller, 'muteSource')
  requireToken(app, token)
  const by = originOf(caller).token
  return brakeFor(app, caller, 6 * reason.length, (head) =>
    head.muted.has(token) ? [] : [{ type: 'source.muted', token, by, reason }],
  )
}

export function unmuteSource(app: App, caller: Caller, token: string): Promise<Automation> {
  requireRight(caller, 'unmuteSource')
  requireToken(app, token)
  const by = originOf(caller).token
  return brakeFor(app, caller, 0, (head) =>
    head.muted.has(token) ? [{ type: 'source.unmuted', token, by }] : [],
  )
}

function requireToken({ ledger }: App, token: string): void {
  if (!ledger.head.tokens.has(token)) throw notFound(`token '${token}'`)
}

/** Closes one breaker, or all of them. @throws AppError `not-found` for one that has not tripped */
export function resetBreakers(app: App, caller: Caller, breaker: string | undefined): Promise<Automation> {
  requireRight(caller, 'resetBreakers')
  const by = originOf(caller).token
  return brakeFor(app, caller, 0, (head) => {
    if (breaker !== undefined && !head.breakers.has(breaker))
      throw notFound(`breaker '${breaker}' that has tripped`)
    const names = breaker === undefined ? [...head.breakers.keys()] : [breaker]
    return names.map((name) => ({ type: 'breaker.reset' as const, breaker: name, by }))
  })
}

async function brakeFor(app: App, caller: Caller, ...how: Brake): Promise<Automation> {
  return seenBy(app, caller, await brake(app, ...how))
}

type Brake = [more: number, decide: (head: Readonly<State>) => LedgerEvent[]]

/** Brakes are recorded also when the disk is full. @param more bytes beside a few */
function brake({ ledger }: Pick<App, 'ledger'>, ...[more, decide]: Brake): Promise<Automation> {
  return ledger.commit(
    (head) => ({
      events: decide(head),
      get answer() {
        return automationOf(head)
      },
    }),
    { bytes: 4_096 + more, always: true },
  )
}
