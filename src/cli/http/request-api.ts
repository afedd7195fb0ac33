import type { Call } from './call.ts'
import type { Deed, NewLogsRequest, NewRequest, Request, RequestPage } from './wire-requests.ts'

type Send = <T>(method: string, path: string, call: Call) => Promise<T>

/** The API's routes of requests. What changes one is never sent again: it would be said twice. */
export class RequestApi {
  readonly #send: Send

  constructor(send: Send) {
    this.#send = send
  }

  list(query: Readonly<Record<string, string | undefined>>): Promise<RequestPage> {
    return this.#send('GET', '/v1/requests', { query, again: true })
  }

  show(id: number): Promise<Request> {
    return this.#send('GET', `/v1/requests/${id}`, { again: true })
  }

  file(request: NewRequest): Promise<Request> {
    return this.#send('POST', '/v1/requests', { body: request })
  }

  askForLogs(request: NewLogsRequest): Promise<Request> {
    return this.#send('POST', '/v1/requests:logs', { body: request })
  }

  answer(id: number, deed: Deed): Promise<Request> {
    const body = 'body' in deed ? deed.body : {}
    return this.#send('POST', `/v1/requests/${id}:${deed.do}`, { body })
  }
}
