import type { HeldMail } from '../../domain/message.ts'
import type { State } from '../../ledger/state.ts'
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

/** @throws AppError `not-found` */
export async function showHeld(app: App, caller: Caller, id: number): Promise<HeldMail> {
  requireRight(caller, 'showHeld')
  requireWholeSite(caller, 'mail is')
  await app.ledger.settled()
  return knownHeld(app.ledger.head, id)
}

/** A person has seen to it: it waits no more. @throws AppError `not-found` */
export async function judgeHeld(app: App, caller: Caller, id: number): Promise<void> {
  requireRight(caller, 'judgeHeld')
  requireWholeSite(caller, 'mail is')
  await app.ledger.commit(
    (head) => {
      const { id: received } = knownHeld(head, id)
      const event = { type: 'message.judged' as const, received, by: originOf(caller).token }
      return { events: [event], answer: undefined }
    },
    { bytes: 512, always: false },
  )
}

function knownHeld({ held }: Readonly<State>, id: number): HeldMail {
  const mail = held.get(id)
  if (mail === undefined) throw notFound(`mail ${id} that waits for a person`)
  return mail
}
