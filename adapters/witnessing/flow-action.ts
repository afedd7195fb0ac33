import { type Action, actionText, sameAction } from '../../src/domain/rule.ts'

/** What a flow route asks for; `accept` without a community that says another, `other` for all that is none of ours. */
export type FlowAction = Action | 'accept' | 'other'

/** Traffic-rate-bytes (RFC 8955 §7.1). */
export function rateAction(bytesPerSecond: number): FlowAction {
  return bytesPerSecond === 0
    ? { do: 'drop' }
    : { do: 'rate-limit', bytesPerSecond: Math.fround(bytesPerSecond) }
}

/** Rt-redirect (RFC 8955 §7.4) to a route target. Which place that is, only the speaker knows. */
export function redirectAction(routeTarget: string): FlowAction {
  return { do: 'redirect', to: routeTarget }
}

/** Traffic-marking (RFC 8955 §7.5). */
export function markAction(dscp: number): FlowAction {
  return { do: 'mark', dscp }
}

/** Whether a router that has `action` does what a rule asks: its rate travelled as a float of 32 bits. */
export function isAction(action: FlowAction, wanted: Action): boolean {
  if (action === 'accept' || action === 'other' || action.do !== wanted.do) return false
  if (action.do === 'rate-limit' && wanted.do === 'rate-limit')
    return action.bytesPerSecond === Math.fround(wanted.bytesPerSecond)
  return action.do !== 'mark' || sameAction(action, wanted)
}

export function flowActionText(action: FlowAction): string {
  if (action === 'other') return 'one that is none of ours'
  return action === 'accept' ? 'accept' : actionText(action)
}
