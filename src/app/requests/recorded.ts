import type { Request } from '../../domain/request.ts'
import type { LedgerEvent } from '../../ledger/events.ts'
import type { Decided } from '../../ledger/ledger.ts'
import type { State } from '../../ledger/state.ts'

/** What a use case has decided about a request, answered with what that makes of it. */
export function recordedRequest(
  head: Readonly<State>,
  id: number,
  events: readonly LedgerEvent[],
): Decided<Request> {
  return {
    events,
    get answer() {
      const request = head.requests.get(id)
      if (request === undefined)
        throw new Error(`request ${id} is not in the head right after it was recorded`)
      return request
    },
  }
}
