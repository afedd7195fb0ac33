import type { BlockSpec } from '../domain/block.ts'
import type { RuleKind } from '../domain/rule.ts'
import type { Device } from '../inventory/inventory.ts'

/**
 * Whether the network's control traffic has to pass a block: its routers go on speaking to those of a department and a
 * connection. A host is blocked from everything; a mark stops nobody from anything.
 */
export function sparesControl({ target, action }: Pick<BlockSpec, 'target' | 'action'>): boolean {
  return target.kind !== 'host' && action.do !== 'mark'
}

/** Whether rules of this kind on the device can leave out control traffic. */
export function keepsControl({ capabilities }: Device, kind: RuleKind): boolean {
  return kind === 'acl' && capabilities.keeps === true
}

/** What rules hit that leave out nothing. */
export function cutsControl(kind: RuleKind): string {
  const rules = kind === 'acl' ? 'its access lists leave' : `a ${kind} rule leaves`
  return `${rules} out no control traffic: BGP, BFD, neighbour discovery and packet-too-big of what is blocked may be hit too`
}
