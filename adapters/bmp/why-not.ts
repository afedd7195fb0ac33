import type { Watched } from '../witnessing/expectations.ts'
import { flowActionText, isAction } from '../witnessing/flow-action.ts'
import { type Router, viewText } from './router.ts'
import type { RouteFamily } from './update.ts'

/** Why the router does not have a rule as expected, as far as it lets that be known. */
export function whyNot(router: Router, watched: Watched, family: RouteFamily): string | undefined {
  const { tables } = router
  const view = tables.provingView(family)
  const action = router.proof(family, watched.slot)
  if (!watched.present)
    return view === undefined || action === undefined ? undefined : `still in its ${viewText(view)}`
  if (view !== undefined && action !== undefined) {
    if ('prefix' in watched.rule || isAction(action, watched.rule.action)) return undefined
    return `accepted with another action: ${flowActionText(action)}`
  }
  const isReceived = tables.find('pre-policy', watched.slot) !== undefined
  if (view === undefined || !tables.hasSent(view, family))
    return isReceived
      ? 'received; it sends only its pre-policy view, which does not show what it accepts'
      : 'not received'
  if (view === 'loc-rib' && tables.find('post-policy', watched.slot) !== undefined)
    return 'accepted, and another route was preferred to it'
  if (isReceived) return 'received and refused by its import policy'
  if (!tables.hasSent('pre-policy', family))
    return `not in its ${viewText(view)}; it does not send what it had received before`
  // FRR 8.4 withdraws what its policy refuses from its pre-policy view too, unless it was there at the connect.
  return router.description.startsWith('FRRouting')
    ? 'not received, or refused by its import policy (FRR sends no difference)'
    : 'not received'
}
