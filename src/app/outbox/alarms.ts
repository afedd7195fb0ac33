import type { State } from '../../ledger/state.ts'
import { isLate } from '../requests/late.ts'
import type { Standing } from './standing.ts'

/**
 * What a person should see to of requests, of what is told and of mail that came in, in words that name nobody.
 * @param standings of all ways out
 */
export function deskAlarms(
  head: Readonly<State>,
  standings: readonly Standing[],
  now: number,
): readonly string[] {
  const dead = [...head.messages.values()].filter((message) => message.dead !== undefined).length
  const late = [...head.requests.values()].filter((request) => isLate(request, now)).length
  return [
    ...standings
      .filter(({ stuck }) => stuck)
      .map(({ by }) => `nothing goes out by ${by} at present, and it is tried again`),
    ...counted(dead, 'message', 'could not be sent (cordon outbox --dead)'),
    ...counted(head.held.size, 'mail', 'came in and was not taken as an answer (cordon mail)'),
    ...counted(late, 'request', 'not answered in time (cordon requests)'),
  ]
}

function counted(count: number, what: string, words: string): string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'} ${words}`]
}
