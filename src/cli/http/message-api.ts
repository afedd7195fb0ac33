import type { Call } from './call.ts'
import type { Query } from './query.ts'
import type { HeldMail, Message, MessagePage, TakenMail } from './wire-messages.ts'

interface Send {
  /** For an answer with a body. */
  json<T>(method: string, path: string, call: Call): Promise<T>
  /** For one without. */
  done(method: string, path: string, call: Call): Promise<void>
}

/** The API's routes of what is sent, and of mail that comes in. */
export class MessageApi {
  readonly #send: Send

  constructor(send: Send) {
    this.#send = send
  }

  list(query: Query): Promise<MessagePage> {
    return this.#send.json('GET', '/v1/messages', { query, again: true })
  }

  show(id: number): Promise<Message> {
    return this.#send.json('GET', `/v1/messages/${id}`, { again: true })
  }

  tryAgain(id: number): Promise<void> {
    return this.#send.done('POST', `/v1/messages/${id}:again`, {})
  }

  drop(id: number): Promise<void> {
    return this.#send.done('POST', `/v1/messages/${id}:drop`, {})
  }

  async held(): Promise<readonly HeldMail[]> {
    const { mails } = await this.#send.json<{ mails: HeldMail[] }>('GET', '/v1/mail', { again: true })
    return mails
  }

  showHeld(id: number): Promise<HeldMail> {
    return this.#send.json('GET', `/v1/mail/${id}`, { again: true })
  }

  judge(id: number): Promise<void> {
    return this.#send.done('POST', `/v1/mail/${id}:done`, {})
  }

  /** Hands over a mail, as its bytes. One that was taken before changes nothing, so it can be sent again. */
  take(mail: Uint8Array): Promise<TakenMail> {
    const headers = { 'content-type': 'message/rfc822' }
    return this.#send.json('POST', '/v1/mail', { body: mail, headers, again: true })
  }
}
