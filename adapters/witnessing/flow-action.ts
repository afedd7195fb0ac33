import { type Action, actionText } from '../../src/domain/rule.ts'

/** What a flow route asks for; `accept` without a community that says another, `other` for all that is none of ours. */
export type FlowAction = Action | 'accept' | 'other'

/** Traffic-rate-bytes (RFC 8955 §7.1). */
export function rateAction(bytesPerSecond: number): FlowAction {
  return bytesPerSecond === 0
    ? { do: 'drop' }
    : { do: 'rate-limit', bytesPerSecond: Math.fround(bytesPerSecond) }
}

/** Whether a router that has `action` does what a rule asks: its rate travelled as a float of 32 bits. */
export function isAction(action: FlowAction, wanted: Action): boolean {
  if (action === 'accept' || action === 'other' || action.do !== wanted.do) return false
  return (
    action.do === 'drop' ||
    (wanted.do === 'rate-limit' && action.bytesPerSecond === Math.fround(wanted.bytesPerSecond))
  )
}

export function flowActionText(action: FlowAction): string {
  if (action === 'other') return 'one that is none of ours'
  return action === 'accept' ? 'accept' : actionText(action)
}
