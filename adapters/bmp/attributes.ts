import type { Action } from '../../src/domain/rule.ts'
import type { Bytes } from './bytes.ts'

/** What counts of a route's path attributes. */
export interface Attributes {
  /** As text: `65010:911` (RFC 1997). */
  readonly communities: readonly string[]
  /** As text: `64496:1:2` (RFC 8092). */
  readonly large: readonly string[]
  /** Of a flow specification; `accept` without a community that says another, `other` for all that is none of ours. */
  readonly action: Action | 'accept' | 'other'
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
/** Traffic-action, redirect, marking and traffic-rate-packets, all of 0x80 to 0x82, by their low byte. */
const OTHER_ACTIONS = new Set([7, 8, 9, 0x0c])

/** The action that extended communities stand for (RFC 8955 §7). */
export function readExtended(bytes: Bytes): Attributes['action'] {
  let action: Attributes['action'] = 'accept'
  while (bytes.left > 0) {
    const type = bytes.u16()
    const value = bytes.part(6)
    if (type === TRAFFIC_RATE_BYTES && action === 'accept') {
      value.skip(2)
      const rate = value.float()
      action = rate === 0 ? { do: 'drop' } : { do: 'rate-limit', bytesPerSecond: rate }
    } else if (type === TRAFFIC_RATE_BYTES || isOtherAction(type)) action = 'other'
  }
  return action
}

function isOtherAction(type: number): boolean {
  return type >= 0x8000 && type < 0x8300 && OTHER_ACTIONS.has(type & 0xff)
}

/** Whether a router that has `action` does what a rule asks: its rate travelled as a float of 32 bits. */
export function isAction(action: Attributes['action'], wanted: Action): boolean {
  if (action === 'accept' || action === 'other' || action.do !== wanted.do) return false
  return (
    action.do === 'drop' ||
    (wanted.do === 'rate-limit' && action.bytesPerSecond === Math.fround(wanted.bytesPerSecond))
  )
}
