import { ANSWER_MARKER } from '../../domain/message.ts'

/** Characters of a subject that are kept. */
export const MOST_SUBJECT = 500

/** Turn the direction of what follows, and so make a text look like another (UTS 55). */
const DIRECTION = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu
/** Stand for nothing that can be seen; within words of some scripts U+200C and U+200D mean something. */
const INVISIBLE = /[\u00AD\u180E\u200B\u2060-\u2064\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu
/** Control characters but tab and newline, and halves of pairs. */
const CONTROL = /[^\P{Cc}\t\n]/gu
const HALF = /\p{Cs}/gu

/** Text without what is not seen or is seen elsewhere than it stands. Newlines are LF. */
function cleanText(text: string): string {
  return text
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll(CONTROL, '')
    .replaceAll(HALF, '\uFFFD')
    .replaceAll(DIRECTION, '')
    .replaceAll(INVISIBLE, '')
}

/** The same on one line. @param most characters that are kept */
export function cleanLine(text: string, most: number): string {
  const line = cleanText(text).replaceAll(/\s+/g, ' ').trim()
  return [...line.slice(0, 2 * most)].slice(0, most).join('')
}

/** What stands above the marker, however it is quoted, and of that so much as is kept. */
export function writtenText(text: string, most: number): { readonly text: string; readonly cut: boolean } {
  const kept: string[] = []
  let length = 0
  for (const raw of cleanText(text.slice(0, 20 * most)).split('\n')) {
    const line = raw.trimEnd()
    if (isMarker(line)) return { text: tidied(kept, most), cut: true }
    kept.push(line)
    length += line.length + 1
    // Empty lines at the end are no more than that.
    if (length > most && line !== '') return { text: tidied(kept, most), cut: true }
  }
  return { text: tidied(kept, most), cut: text.length > 20 * most }
}

function isMarker(line: string): boolean {
  const bare = line.replace(/^[\s>|]{0,200}/, '')
  return bare.slice(0, 200).replaceAll(/\s+/g, ' ').startsWith(ANSWER_MARKER)
}

function tidied(lines: readonly string[], most: number): string {
  const text = lines.join('\n').replace(/^\n+/, '').trimEnd().slice(0, most)
  // A pair must not be cut in two.
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text
}
