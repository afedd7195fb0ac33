import { type FlowAction, markAction, rateAction, redirectAction } from '../witnessing/flow-action.ts'
import type { Bytes } from './bytes.ts'

/** What counts of a route's path attributes. */
export interface Attributes {
  /** As text: `65010:911` (RFC 1997). */
  readonly communities: readonly string[]
  /** As text: `64496:1:2` (RFC 8092). */
  readonly large: readonly string[]
  readonly action: FlowAction
}

export const NO_ATTRIBUTES: Attributes = { communities: [], large: [], action: 'accept' }

export function readCommunities(bytes: Bytes): string[] {
  const found: string[] = []
  while (bytes.left > 0) found.push(`${bytes.u16()}:${bytes.u16()}`)
  return found
}

export function readLarge(bytes: Bytes): string[] {
  const found: string[] = []
  while (bytes.left > 0) found.push(`${bytes.u32()}:${bytes.u32()}:${bytes.u32()}`)
  return found
}

const TRAFFIC_RATE_BYTES = 0x8006
const RT_REDIRECT = 0x8008
const TRAFFIC_MARKING = 0x8009
/** Traffic-rate, traffic-action, redirect, marking and traffic-rate-packets, all of 0x80 to 0x82, by their low byte. */
const ACTIONS = new Set([6, 7, 8, 9, 0x0c])

/** The action that extended communities stand for (RFC 8955 §7). */
export function readExtended(bytes: Bytes): FlowAction {
  let action: FlowAction = 'accept'
  while (bytes.left > 0) {
    const type = bytes.u16()
    const value = bytes.part(6)
    if (!isAction(type)) continue
    action = action === 'accept' ? readAction(type, value) : 'other'
  }
  return action
}

function readAction(type: number, value: Bytes): FlowAction {
  switch (type) {
    case TRAFFIC_RATE_BYTES:
      value.skip(2)
      return rateAction(value.float())
    case RT_REDIRECT:
      return redirectAction(`${value.u16()}:${value.u32()}`)
    case TRAFFIC_MARKING:
      value.skip(5)
      return markAction(value.u8())
    default:
      return 'other'
  }
}

function isAction(type: number): boolean {
  return type >= 0x8000 && type < 0x8300 && ACTIONS.has(type & 0xff)
}
