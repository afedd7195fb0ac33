import type { Worker } from 'node:worker_threads'
import type { Clock } from '../../domain/clock.ts'
import { startWorker } from '../../worker/start-worker.ts'
import { glimpse } from './glimpse.ts'
import type { MailJob, MailReply } from './mail-worker.ts'
import { MAIL_LIMITS, type MailLimits, MailUnreadable, type ReadMail, type UnreadMail } from './received.ts'

/** What one mail may use. What is over it ends the thread, and the controller goes on. */
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }

/**
 * Reads one received mail, in a thread of its own and in bounded time, so that no mail can stall or end the controller.
 * How many are read at once is for whoever calls: each may take 250 MiB.
 * @param raw the mail as it came (RFC 5322); a copy goes to the thread
 * @returns its beginning alone where the time was over, which may be the mail's fault or that of a machine that is busy
 * @throws MailUnreadable for whatever is the mail's own fault; Error when no thread can be started
 */
export async function readMail(
  raw: Uint8Array,
  { clock, limits = MAIL_LIMITS }: { readonly clock: Clock; readonly limits?: MailLimits },
): Promise<ReadMail | UnreadMail> {
  if (raw.length > limits.bytes)
    throw new MailUnreadable('too-large', `it has ${raw.length} bytes; ${limits.bytes} are taken`)
  const copy = Uint8Array.from(raw)
  const worker = startWorker('./mail-worker', import.meta.url, { raw: copy, limits } satisfies MailJob, {
    resourceLimits: MEMORY,
    transferList: [copy.buffer],
  })
  try {
    return (await answerOf(worker, clock, limits.time)) ?? glimpse(raw, limits)
  } finally {
    await worker.terminate()
  }
}

/** @returns nothing where the time was over */
function answerOf(worker: Worker, clock: Clock, time: number): Promise<ReadMail | undefined> {
  return new Promise((resolve, reject) => {
    let begun = false
    const settle = (run: () => void): void => {
      late()
      run()
    }
    const fail = (error: Error): void => settle(() => reject(error))
    const late = clock.after(time, () => resolve(undefined))
    worker.on('message', (reply: MailReply) => {
      if ('begun' in reply) begun = true
      else if ('mail' in reply) settle(() => resolve(reply.mail))
      else fail(new MailUnreadable(reply.unreadable, reply.words))
    })
    worker.on('error', (error: Error) => fail(begun ? blamed(error) : error))
    worker.on('exit', (code) => fail(new Error(`the thread that reads mail ended with ${code}`)))
  })
}

/** What ends the thread while it reads is the mail's fault. */
function blamed(error: Error): MailUnreadable {
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new MailUnreadable('too-large', 'it takes more memory to read than one mail may use')
  return new MailUnreadable('malformed', `it cannot be read: ${error.message}`)
}
