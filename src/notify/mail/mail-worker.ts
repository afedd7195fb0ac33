import { parentPort, workerData } from 'node:worker_threads'
import { parseMail } from './parse-mail.ts'
import { type MailLimits, MailUnreadable, type ReadMail, type UnreadableCode } from './received.ts'

export interface MailJob {
  readonly raw: Uint8Array
  readonly limits: MailLimits
}

/** `begun` says that whatever fails from now on is the mail's doing. */
export type MailReply =
  | { readonly begun: true }
  | { readonly mail: ReadMail }
  | { readonly unreadable: UnreadableCode; readonly words: string }

const { raw, limits } = workerData as MailJob
const say = (reply: MailReply): void => parentPort?.postMessage(reply)
say({ begun: true })
try {
  say({ mail: await parseMail(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), limits) })
} catch (error) {
  if (!(error instanceof MailUnreadable)) throw error
  say({ unreadable: error.code, words: error.message })
}
