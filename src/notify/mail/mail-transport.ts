import type { MailAddress } from '../../domain/mail-address.ts'
import type { Message } from '../../domain/message.ts'
import type { Transport, Tried } from '../transport.ts'
import type { Delivery, Mailer, MailMessage } from './message.ts'
import type { ThreadIds } from './thread-ids.ts'

/** Who writes, and where answers go. */
export interface Sender {
  readonly from: MailAddress
  readonly replyTo: MailAddress
}

/** Sends messages as mail. Each is the same to the last byte whenever it is tried. */
export function mailTransport(mailer: Mailer, sender: Sender, ids: Pick<ThreadIds, 'idOf'>): Transport {
  return {
    send: async (message, signal) =>
      triedOf(await mailer.send(mailOf(message, sender, ids), signal, message.left)),
  }
}

/** @throws Error for a message that is no mail */
function mailOf(
  { id, queuedAt, letter, request, blocks }: Message,
  { from, replyTo }: Sender,
  { idOf }: Pick<ThreadIds, 'idOf'>,
): MailMessage {
  if (letter === undefined) throw new Error(`message ${id} is no mail`)
  const { to, cc, subject, text, inReplyTo, references } = letter
  const about = request ?? (blocks.length === 1 ? (blocks[0] ?? 0) : 0)
  return {
    ...{ id: idOf(about, id), from, replyTo, to, cc, subject, text, date: queuedAt },
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    references,
    headers: about === 0 ? {} : { 'X-Cordon-Reference': `Cordon#${about}` },
  }
}

/** What is wrong with the server, or with our way to it, keeps every other mail back as well. */
function triedOf(delivery: Delivery): Tried {
  if (delivery.outcome === 'sent')
    return {
      outcome: 'sent',
      left: delivery.left,
      refused: delivery.refused.map(({ mail, words }) => `${mail}: ${words}`),
    }
  if (delivery.outcome === 'refused') return delivery
  const { class: kind, words } = delivery
  return { outcome: 'later', class: kind, words: `${kind}: ${words}`, all: kind !== 'busy' }
}
