import { CliError, MAIL_EXIT } from '../exit.ts'
import type { Io } from '../io.ts'

/** As `POST /v1/mail` takes it. */
const MOST_BYTES = 10 << 20
const LF = 0x0a

/**
 * One mail, as a mail server pipes it: without the line ahead of its headers that says who sent it when (mbox). It reads to
 * the end also what is too large, of which it keeps nothing, since a server may take a broken pipe for a fault of its own.
 * @throws CliError
 */
export async function readPipedMail(io: Pick<Io, 'input'>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of io.input()) {
      length += part.length
      if (length <= MOST_BYTES) parts.push(part)
      else parts.length = 0
    }
  } catch (error) {
    const { code = 'interrupted' } = error as NodeJS.ErrnoException
    throw new CliError(MAIL_EXIT.again, `the mail could not be read to its end: ${code}`)
  }
  if (length > MOST_BYTES)
    throw new CliError(MAIL_EXIT.never, `the mail has more than ${MOST_BYTES >> 20} MiB and is not taken`)
  return withoutEnvelope(Buffer.concat(parts))
}

function withoutEnvelope(mail: Buffer): Buffer {
  return mail.toString('latin1', 0, 5) === 'From ' ? mail.subarray(mail.indexOf(LF) + 1) : mail
}
