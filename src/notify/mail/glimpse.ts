import { type MailLimits, MailUnreadable, type UnreadMail } from './received.ts'
import { readSender } from './sender.ts'
import { cleanLine, MOST_SUBJECT, writtenText } from './written-text.ts'

/** A character takes so many bytes at the most. */
const WIDEST = 4
/** Longer ones name nobody in a way that can be told. */
const MOST_FROM = 1_000

/**
 * The beginning of a mail as it came, with its header and with nothing decoded, for a person to look at. It takes as little
 * time whatever the mail is like.
 */
export function glimpse(raw: Uint8Array, { text: most }: Pick<MailLimits, 'text'>): UnreadMail {
  const beginning = Buffer.from(raw.subarray(0, WIDEST * most)).toString('utf8')
  const [header = ''] = beginning.split(/\r?\n\r?\n/, 1)
  return {
    unread: true,
    from: senderIn(header),
    subject: cleanLine(fieldIn(header, 'subject'), MOST_SUBJECT),
    text: writtenText(beginning, most).text,
    attachments: [],
  }
}

/** The first of this name, or nothing. */
function fieldIn(header: string, name: string): string {
  return new RegExp(`^${name}:((?:[^\\r\\n]|\\r?\\n[ \\t])*)`, 'im').exec(header)?.[1] ?? ''
}

function senderIn(header: string): readonly string[] {
  try {
    return [readSender(cleanLine(fieldIn(header, 'from'), MOST_FROM))]
  } catch (error) {
    if (error instanceof MailUnreadable) return []
    throw error
  }
}
