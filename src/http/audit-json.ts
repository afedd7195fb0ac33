import { actorOf } from '../app/audit-filter.ts'
import type { App } from '../app/context.ts'
import type { Recorded } from '../app/follow-events.ts'
import { BY_RETENTION } from '../domain/retention.ts'
import { eventJson } from './event-json.ts'
import type { EventJson } from './schemas-events.ts'

/** Who did something: a person by one of their tokens, or a machine. */
export interface Who {
  /** Left out for whoever runs the controller and works without one, and for what is erased by its time. */
  readonly token?: string
  /** Id of the person; a machine has none. */
  readonly person?: string
  /** What the person, or the token of the machine, is called now. */
  readonly name: string
}

export type AuditEntry = EventJson & { readonly who?: Who }

/** An event as it is told everywhere, and who did it in words of people. */
export function auditEntry({ ledger }: App, recorded: Recorded): AuditEntry {
  const actor = actorOf(recorded.event)
  return { ...eventJson(recorded), ...(actor === undefined ? {} : { who: whoIs(ledger.head, actor) }) }
}

function whoIs({ tokens, people }: App['ledger']['head'], actor: string): Who {
  if (actor === BY_RETENTION) return { name: BY_RETENTION }
  const token = tokens.get(actor)
  if (token === undefined) {
    const person = people.get(actor)
    return person === undefined
      ? { token: actor, name: `token ${actor}` }
      : { person: person.id, name: person.name }
  }
  if (token.person === undefined) return { token: actor, name: token.name }
  return { token: actor, person: token.person, name: people.get(token.person)?.name ?? token.person }
}
