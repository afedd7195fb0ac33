import { type Block, hasBegun } from '../../domain/block.ts'
import type { Hearing } from '../../domain/hearing.ts'
import { realmOf } from '../../domain/identity.ts'
import type { Notice, NoticeKind } from '../../domain/message.ts'
import { answersTo, otherSide, type Request, type Side } from '../../domain/request.ts'
import type { Target } from '../../domain/target.ts'
import { departmentsOfTarget } from '../../inventory/departments-at.ts'
import { isVisitor } from '../../inventory/identities.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import { blocksOf, type Recorded } from '../../ledger/events.ts'
import { isRequest } from '../../ledger/fold-request.ts'
import type { RequestEvent } from '../../ledger/request-events.ts'
import type { State } from '../../ledger/state.ts'
import { APPROVERS, contactOf, DESK, ESCALATION, hears, homeOf, itssOf, listenerKey } from './receivers.ts'

/** What is needed to say who hears of an event. */
export interface Listening {
  readonly inventory: Inventory
  readonly hearing: Hearing
  readonly head: Readonly<State>
}

/** Who is to be told what of an event, at the head as it is soon after. */
export function noticesOf(listening: Listening, { seq, event }: Recorded): Notice[] {
  if (isRequest(event)) return ofRequest(listening, seq, event)
  const what = blockNotice(listening.head, event)
  if (what === undefined) return []
  return blocksOf(event).flatMap((id) => {
    const block = listening.head.blocks.get(id)
    return block === undefined ? [] : ofBlock(listening, seq, what, block)
  })
}

/** Ends that machines move are not told: they move them with each word of a source. */
function blockNotice({ tokens }: Readonly<State>, event: Recorded['event']): NoticeKind | undefined {
  switch (event.type) {
    case 'block.created':
      return 'block.began'
    case 'block.approved':
      return event.begins ? 'block.began' : undefined
    case 'block.proposed':
    case 'block.reproposed':
    case 'block.grows':
      return 'block.proposed'
    case 'block.amended':
      return event.until !== undefined && tokens.get(event.by)?.origin === 'person'
        ? 'block.changed'
        : undefined
    case 'block.released':
    case 'block.expired':
    case 'block.declined':
    case 'automation.panicked':
      return 'block.ended'
    default:
      return undefined
  }
}

function ofBlock({ inventory, hearing }: Listening, seq: number, what: NoticeKind, block: Block): Notice[] {
  // What nobody agreed to has blocked nothing.
  if (what === 'block.ended' && !hasBegun(block)) return []
  const departments = departmentsOfTarget(inventory, block.target, [])
  const near = [...nearTo(block.target, departments), ...homesOf(inventory, block.target)]
  const asked = what === 'block.proposed' ? approversOf(hearing) : near
  const keys = [...(hearing.mail ? asked : []), ...listening(inventory, hearing, what, departments)]
  return keys.map((to) => ({ to, what, seq, block: block.id }))
}

function nearTo(target: Target, departments: readonly string[]): string[] {
  return target.kind === 'connection' ? [contactOf(target.name)] : departments.map(itssOf)
}

/** Whom the site has named for visitors of this realm: only they can do something about the account itself. */
function homesOf(inventory: Inventory, target: Target): string[] {
  if (target.kind !== 'account' || !isVisitor(inventory, target)) return []
  return inventory.accounts.homeContact(target.name) === undefined ? [] : [homeOf(realmOf(target.name))]
}

function approversOf({ approvers }: Hearing): string[] {
  return approvers.length === 0 ? [] : [APPROVERS]
}

function listening(
  inventory: Inventory,
  { listeners }: Hearing,
  what: NoticeKind,
  about: readonly string[],
): string[] {
  return listeners.filter((one) => hears(inventory, one, what, about)).map(listenerKey)
}

function ofRequest({ inventory, hearing, head }: Listening, seq: number, event: RequestEvent): Notice[] {
  const request = head.requests.get(event.request)
  if (request === undefined) return []
  const what = event.type
  const sides = sidesOf(request, event).flatMap((side) => (side === 'site' ? [DESK] : near(head, request)))
  const keys = [
    ...(hearing.mail ? [...sides, ...escalated(event)] : []),
    ...listening(inventory, hearing, what, request.departments),
  ]
  const about = { request: request.id, ...(request.block === undefined ? {} : { block: request.block }) }
  return [...new Set(keys)].map((to) => ({ to, what, seq, ...about }))
}

/** The departments', or, of the block of a connection, its contact. */
function near({ blocks }: Readonly<State>, { departments, block }: Request): string[] {
  const target = block === undefined ? undefined : blocks.get(block)?.target
  return target === undefined ? departments.map(itssOf) : nearTo(target, departments)
}

/** Whom an event of a request concerns: who asked has a receipt, who is asked hears what is said. */
function sidesOf({ kind }: Request, event: RequestEvent): readonly Side[] {
  const asked = answersTo(kind)
  switch (event.type) {
    case 'request.filed':
    case 'request.reopened':
      return kind === 'logs' ? ['department'] : ['site', 'department']
    case 'request.due':
      return ['site', 'department']
    case 'request.taken':
      return [otherSide(asked)]
    case 'request.said':
      return [otherSide(event.as)]
    case 'request.settled':
      return event.how === 'withdrawn' ? ['site', 'department'] : ['department']
    case 'request.reminded':
      return event.stage === 'escalated' ? [] : [asked]
  }
}

function escalated(event: RequestEvent): string[] {
  return event.type === 'request.reminded' && event.stage !== 'soon' ? [ESCALATION] : []
}
