import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  type AttachmentStream,
  type HeaderLines,
  MailParser,
  type MessageText,
  type StructuredHeader,
} from 'mailparser'
import { type Bounce, readBounce } from './bounce.ts'
import { readHeaders } from './mail-headers.ts'
import { refuseShape } from './mail-shape.ts'
import { type MailAttachment, type MailLimits, MailUnreadable, type ReadMail } from './received.ts'
import { cleanLine, MOST_SUBJECT, writtenText } from './written-text.ts'

const MOST_NAME = 200
const MOST_TYPE = 100
/** Of a bounce's parts so much is looked at, in bytes. */
const MOST_KEPT = 64 << 10
/** HTML is read into a tree; longer HTML than this no person has written (characters). */
const MOST_HTML = 1 << 20

/** Parts of which something must be known to tell whose bounce it is. */
const OF_BOUNCE = [
  'message/delivery-status',
  'message/rfc822',
  'text/rfc822-headers',
  'message/global-headers',
]

interface Part {
  readonly attachment: MailAttachment
  /** The beginning of a part of a bounce; empty for all others. */
  readonly begins: string
}

interface Parsed {
  readonly lines: HeaderLines
  readonly parts: readonly Part[]
  readonly body: MessageText | undefined
  readonly parser: MailParser
}

/**
 * Reads a mail in this thread, however long that takes: `readMail` does it in one of its own.
 * @throws MailUnreadable
 */
export async function parseMail(raw: Buffer, limits: MailLimits): Promise<ReadMail> {
  refuseShape(raw, limits)
  const { lines, parts, body, parser } = await parsed(raw, limits)
  const text = await textOf(body, limits)
  const contentType = contentTypeOf(parser)
  const facts = readHeaders(lines, contentType)
  return {
    ...facts,
    subject: cleanLine(parser.subject ?? '', MOST_SUBJECT),
    ...writtenText(text, limits.text),
    attachments: parts.map(({ attachment }) => attachment),
    ...(contentType === 'multipart/report' ? bounceIn(parts) : {}),
  }
}

/** Its text, or what its HTML says: of HTML that stands within parts the parser makes none by itself. */
async function textOf(body: MessageText | undefined, limits: MailLimits): Promise<string> {
  const text = saidIn(body)
  const html = body?.html ?? ''
  if (text.trim() !== '' || html.trim() === '') return text
  const alone = await parsed(Buffer.from(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`), limits)
  return saidIn(alone.body)
}

function saidIn(body: MessageText | undefined): string {
  const text = body?.text ?? ''
  if (body?.textConversionError !== undefined && text.trim() === '')
    throw new MailUnreadable('malformed', 'its HTML cannot be made a text of, and it has no other text')
  return text
}

function bounceIn(parts: readonly Part[]): Bounce | undefined {
  const of = (isStatus: boolean) =>
    parts
      .filter(({ attachment }) => (attachment.type === 'message/delivery-status') === isStatus)
      .map(({ begins }) => begins)
  return readBounce(of(true), of(false))
}

function contentTypeOf(parser: MailParser): string {
  const header = parser.headers === false ? undefined : parser.headers.get('content-type')
  const structured = Array.isArray(header) ? header[0] : header
  return isStructured(structured) ? structured.value.toLowerCase() : ''
}

function isStructured(header: unknown): header is StructuredHeader {
  return typeof header === 'object' && header !== null && 'params' in header && 'value' in header
}

async function parsed(raw: Buffer, limits: MailLimits): Promise<Parsed> {
  const parser = new MailParser({
    ...{ skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true, checksumAlgo: false },
    // What is in a mail is a file and no more, other mails too.
    ...{ ignoreEmbedded: true, keepDeliveryStatus: true },
    ...{ maxHtmlLengthToParse: MOST_HTML, maxHeadSize: limits.headerBytes, maxChildNodes: limits.parts },
  })
  const found: { body?: MessageText; readonly parts: Promise<Part>[] } = { parts: [] }
  parser.on('data', (data) => {
    if (data.type === 'text') found.body = data
    else {
      const part = readPart(data)
      found.parts.push(part)
      // It is waited for below, unless the mail fails before.
      part.catch(() => undefined)
    }
  })
  const ended = once(parser, 'end')
  parser.end(raw)
  try {
    await ended
    const parts = await Promise.all(found.parts)
    return { lines: parser.headerLines || [], parts, body: found.body, parser }
  } catch (error) {
    throw new MailUnreadable(
      'malformed',
      `it cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Its name, its size and its digest: nothing else is kept. */
async function readPart(part: AttachmentStream): Promise<Part> {
  const type = cleanLine(part.contentType, MOST_TYPE).toLowerCase()
  const isKept = OF_BOUNCE.includes(type)
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let [bytes, keptBytes] = [0, 0]
  for await (const chunk of part.content as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
    if (!isKept || keptBytes >= MOST_KEPT) continue
    kept.push(chunk)
    keptBytes += chunk.length
  }
  part.release?.()
  const name = cleanLine(part.filename ?? '', MOST_NAME)
  const begins = Buffer.concat(kept).toString('utf8', 0, MOST_KEPT)
  return { attachment: { name, type, bytes, sha256: hash.digest('hex') }, begins }
}
