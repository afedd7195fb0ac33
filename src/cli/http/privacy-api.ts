import { type Call, LONGEST_WORK } from './call.ts'
import type { Reply } from './connection.ts'
import type { Query } from './query.ts'
import type { Retention, RetentionRun } from './wire-privacy.ts'

type Send = (method: string, path: string, call: Call) => Promise<Reply>

/** The API's routes of personal data. */
export class PrivacyApi {
  readonly #send: Send

  constructor(send: Send) {
    this.#send = send
  }

  async retention(): Promise<Retention> {
    return (await this.#send('GET', '/v1/retention', { again: true })).body as Retention
  }

  async runRetention(dry: boolean): Promise<RetentionRun> {
    const call = { body: { dry }, waitMs: LONGEST_WORK, again: true }
    return (await this.#send('POST', '/v1/retention:run', call)).body as RetentionRun
  }

  /** Lines of JSON; whether they are all, the last one says. */
  async subject(query: Query): Promise<string> {
    return String((await this.#send('GET', '/v1/subject', { query, waitMs: LONGEST_WORK, again: true })).body)
  }
}
