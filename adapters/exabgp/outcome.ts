import type { Outcome } from '../adapter.ts'
import type { Reply } from './parse.ts'

/** What the speaker's answer to a command means. `over`: why the session ended, if it did. */
export function outcomeOf(reply: Reply | undefined, over: string | undefined): Outcome {
  switch (reply) {
    case 'done':
      return { result: 'done', evidence: 'acknowledged' }
    case 'error':
    case 'refused':
      return { result: 'failed', class: 'rejected', words: 'ExaBGP refused the route; its log says why' }
    case 'lost':
      return { result: 'unknown', words: 'ExaBGP gave no answer' }
    default:
      return { result: 'unknown', words: over ?? 'the connection to the speaker has ended' }
  }
}
