import type { App } from './context.ts'
import { type Caller, originOf } from './rights.ts'
import { requireRight } from './use-cases.ts'

/** Lets automatic sources block again. @returns whether the breaker had tripped */
export async function resetBreaker(app: App, caller: Caller): Promise<boolean> {
  requireRight(caller, 'resetBreaker')
  return app.ledger.commit(
    (head) => {
      const tripped = head.breaker !== undefined
      return {
        events: tripped ? [{ type: 'breaker.reset', by: originOf(caller).token }] : [],
        answer: tripped,
      }
    },
    { bytes: 512, always: false },
  )
}
