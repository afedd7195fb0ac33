import type { Block } from '../domain/block.ts'
import type { Counted, Load } from '../guards/load.ts'
import { type Beyond, beyondShare, type RoleRule, refuseActive } from '../guards/role-limits.ts'
import { whyWideTogether } from '../guards/width.ts'
import type { BlockCreated, BlockProposed } from '../ledger/events.ts'
import { ownHostsLately } from '../ledger/own-hosts.ts'
import { ownerOf, type State } from '../ledger/state.ts'
import type { Deciding } from './context.ts'
import type { Prepared } from './prepare.ts'
import type { Caller } from './rights.ts'
import { holderOf } from './role-rule.ts'

/** What a request has come to so far, beside the head. */
export interface Added {
  blocks: number
  proposals: number
  emergencies: number
  /** Hosts of own space that are blocked without another's agreement. */
  ownHosts: number
  /** What is on, with what this request adds. */
  readonly load: Load
}

export function nothingAdded({ load }: Deciding): Added {
  return { blocks: 0, proposals: 0, emergencies: 0, ownHosts: 0, load: load.now.ahead() }
}

/** What was decided about a block. */
export interface Decision extends Counted {
  readonly begins: boolean
  readonly emergency: boolean
}

/** What an event that records a block decides. */
export function decisionOf(event: BlockCreated | BlockProposed): Decision {
  const { target, origin, expansion } = event
  const begins = event.type === 'block.created'
  const decision = { target, origin, begins, emergency: begins && event.emergency === true }
  return expansion === undefined ? decision : { ...decision, expansion }
}

/** Notes what was decided. @param ownHosts hosts of own space that it hits */
export function noteAdded(added: Added, head: Readonly<State>, decision: Decision, ownHosts: number): void {
  added.blocks += 1
  if (!decision.begins) {
    added.proposals += 1
    return
  }
  if (decision.emergency) added.emergencies += 1
  added.ownHosts += ownHosts
  added.load.add(ownerOf(head, decision.origin.token), decision)
}

/** Blocks of one person or machine that wait for agreement. */
export function waitingOf(head: Readonly<State>, owner: string): Block[] {
  return [...head.proposed].flatMap((id) => {
    const block = head.blocks.get(id)
    return block !== undefined && ownerOf(head, block.origin.token) === owner ? [block] : []
  })
}

/** The limits that depend on what is on, and on what was blocked before. */
export function checkAtHead(
  app: Deciding,
  head: Readonly<State>,
  now: number,
  caller: Caller,
  prepared: Prepared,
  { load, ownHosts }: Added,
): Beyond {
  const { owner, rule } = holderOf(app.limits, head, caller)
  const share = shareBeyond(app, rule, owner, prepared, load)
  const before = ownHostsLately(head, owner, now) + ownHosts
  const day = caller.person === undefined ? [] : whyWideTogether(prepared.radius.ownHosts, before, app.limits)
  return {
    asks: [...share.asks, ...day],
    refusals: [...refuseActive(rule, load.active(owner)), ...share.refusals],
  }
}

function shareBeyond(
  app: Deciding,
  rule: RoleRule,
  owner: string,
  { spec, expansion }: Prepared,
  load: Load,
): Beyond {
  if (rule.most.departmentShare === undefined) return { asks: [], refusals: [] }
  const covers = { target: spec.target, ...(expansion === undefined ? {} : { expansion }) }
  const departments = [...load.adds(owner, covers)].map(([name, hosts]) => ({
    name,
    users: app.inventory.departments.get(name)?.users ?? 0,
    off: load.hostsOff(owner, name) + hosts,
  }))
  return beyondShare(rule, departments)
}
