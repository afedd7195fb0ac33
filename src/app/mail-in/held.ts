import type { HeldMail } from '../../domain/message.ts'
import { notFound } from '../app-error.ts'
import type { App } from '../context.ts'
import { type Caller, originOf } from '../rights.ts'
import { requireWholeSite } from '../sight.ts'
import { requireRight } from '../use-cases.ts'

/** Mails that wait for a person, the oldest first. */
export async function listHeld(app: App, caller: Caller): Promise<readonly HeldMail[]> {
  requireRight(caller, 'listHeld')
  requireWholeSite(caller, 'mail is')
  await app.ledger.settled()
  return [...app.ledger.head.held.values()]
}

/** A person has seen to it: it waits no more. @throws AppError `not-found` */
export async function judgeHeld(app: App, caller: Caller, id: number): Promise<void> {
  requireRight(caller, 'judgeHeld')
  requireWholeSite(caller, 'mail is')
  await app.ledger.commit(
    (head) => {
      if (!head.held.has(id)) throw notFound(`mail ${id} that waits for a person`)
      const event = { type: 'message.judged' as const, received: id, by: originOf(caller).token }
      return { events: [event], answer: undefined }
    },
    { bytes: 512, always: false },
  )
}
