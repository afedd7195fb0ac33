import type { Clock } from '../../domain/clock.ts'
import type { Transport } from '../transport.ts'
import { postWebhook, type WebhookTarget } from './post-webhook.ts'

/** Posts messages to one webhook; a receiver tells a double by the id. */
export function webhookTransport(target: WebhookTarget, clock: Clock): Transport {
  return {
    send: async ({ id, body }, signal) => {
      if (body === undefined) throw new Error(`message ${id} is for no webhook`)
      const posted = await postWebhook(
        target,
        { id: `cordon-${id}`, at: clock.now(), body },
        { clock, signal },
      )
      switch (posted.outcome) {
        case 'sent':
          return { outcome: 'sent', left: [], refused: [] }
        case 'refused':
          return posted
        case 'later':
          return { ...posted, all: true }
      }
    },
  }
}
