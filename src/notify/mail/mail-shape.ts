import { type MailLimits, MailUnreadable } from './received.ts'

const [LF, CR, DASH] = [0x0a, 0x0d, 0x2d]
/** RFC 2046 §5.1.1. Longer ones are no boundaries for anybody. */
const MOST_BOUNDARY = 70

/**
 * Refuses by its shape what would cost much to read. It knows of MIME only where parts begin and how deep they lie, and
 * takes time in proportion to the mail.
 * @param raw within the limit of size
 * @throws MailUnreadable `too-large`, `too-deep`, `too-many-parts`
 */
export function refuseShape(raw: Buffer, limits: MailLimits): void {
  const open: string[] = []
  let at = afterHeaders(raw, 0, limits, open)
  let parts = 1
  while (at < raw.length) {
    const line = at === 0 || raw[at - 1] === LF ? at : nextDashes(raw, at)
    if (line < 0) return
    const end = endOfLine(raw, line)
    const found = delimiterAt(raw, line, end, open)
    if (found === undefined) {
      at = end
      continue
    }
    // What was open within ends with it, even if it was never closed.
    open.length = found.level + (found.closes ? 0 : 1)
    if (found.closes) {
      at = end
      continue
    }
    parts += 1
    if (parts > limits.parts)
      throw new MailUnreadable('too-many-parts', `it has more than ${limits.parts} parts`)
    at = afterHeaders(raw, end, limits, open)
  }
}

/** The beginning of the next line that begins with two hyphens. */
function nextDashes(raw: Buffer, from: number): number {
  const found = raw.indexOf('\n--', Math.max(0, from - 1))
  return found < 0 ? -1 : found + 1
}

function endOfLine(raw: Buffer, from: number): number {
  const found = raw.indexOf(LF, from)
  return found < 0 ? raw.length : found + 1
}

interface Delimiter {
  readonly level: number
  readonly closes: boolean
}

function delimiterAt(raw: Buffer, line: number, end: number, open: readonly string[]): Delimiter | undefined {
  if (open.length === 0 || raw[line] !== DASH || raw[line + 1] !== DASH) return undefined
  const text = raw.toString('latin1', line + 2, Math.min(end, line + MOST_BOUNDARY + 200)).trimEnd()
  for (let level = open.length - 1; level >= 0; level -= 1) {
    if (text === open[level]) return { level, closes: false }
    if (text === `${open[level]}--`) return { level, closes: true }
  }
  return undefined
}

/** Where the body begins; a multipart's boundary is put on the stack. */
function afterHeaders(raw: Buffer, from: number, limits: MailLimits, open: string[]): number {
  const end = headersEnd(raw, from, limits)
  const boundary = boundaryIn(raw.toString('latin1', from, end))
  if (boundary !== undefined) {
    open.push(boundary)
    if (open.length > limits.depth)
      throw new MailUnreadable('too-deep', `its parts lie deeper in each other than ${limits.depth}`)
  }
  return end
}

function headersEnd(raw: Buffer, from: number, limits: MailLimits): number {
  let lines = 0
  for (let at = from; at < raw.length; ) {
    if (at - from > limits.headerBytes || lines > limits.headerLines)
      throw new MailUnreadable(
        'too-large',
        `its header is longer than ${limits.headerBytes} bytes or ${limits.headerLines} lines`,
      )
    const end = endOfLine(raw, at)
    if (end - at === 1 || (end - at === 2 && raw[at] === CR)) return end
    lines += 1
    at = end
  }
  if (raw.length - from > limits.headerBytes)
    throw new MailUnreadable('too-large', `its header is longer than ${limits.headerBytes} bytes`)
  return raw.length
}

/** Of a multipart alone: what else has a boundary has no parts. */
function boundaryIn(headers: string): string | undefined {
  const type = /^content-type:((?:[^\r\n]|\r?\n[ \t])*)/im.exec(headers)?.[1]
  if (type === undefined || !/^[\s]*multipart\//i.test(type)) return undefined
  const [, quoted, bare] = /boundary\*?0?\*?\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type) ?? []
  return (quoted ?? bare)?.trimEnd()
}
