/** Longest line of a mail, as people read and quote it; RFC 5322 §2.1.1 asks for 78 at the most. */
const WIDEST = 76

/**
 * Without what steers a terminal or a mail reader: control and formatting characters (so that text cannot turn round or
 * hide), unpaired surrogates, and unknown line breaks. Lines stay.
 */
export function cleanLines(text: string): string {
  return text
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(/[^\P{C}\n]/gu, '')
}

/** The same as one line. */
export function cleanLine(text: string): string {
  return cleanLines(text).replaceAll(/\s+/g, ' ').trim()
}

/** No line of ours begins with it. */
const QUOTE = '> '

/** Each line behind a mark: whoever wrote it cannot write in our name. */
export function quoted(text: string): string {
  const lines = cleanLines(text).trim().split('\n')
  return lines.map((line) => `${QUOTE}${line}`.trimEnd()).join('\n')
}

/**
 * Breaks long lines, at spaces where there are any. What continues an item of a list is indented as its text is, what
 * continues a quotation is marked as one. No blanks at ends of lines, no two empty lines in a row.
 */
export function wrapped(text: string): string {
  const lines = text.split('\n').flatMap((line) => wrapLine(line.trimEnd()))
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`
}

function wrapLine(line: string): string[] {
  if (line.length <= WIDEST) return [line]
  const isQuoted = line.startsWith(QUOTE)
  const [head = ''] = isQuoted ? [QUOTE] : (/^\s*(?:(?:\d+\.|-) +)?/.exec(line) ?? [])
  const next = isQuoted ? QUOTE : ' '.repeat(head.length)
  const lines: string[] = []
  let row = head
  for (const word of line.slice(head.length).split(/ +/).flatMap(piecesOf)) {
    const isFirst = row === head || row === next
    if (!isFirst && row.length + 1 + word.length > WIDEST) {
      lines.push(row)
      row = next + word
    } else row += isFirst ? word : ` ${word}`
  }
  return [...lines, row].map((one) => one.trimEnd())
}

/** What has no space for a whole line is broken where the line ends. */
function piecesOf(word: string): string[] {
  const most = WIDEST - 12
  if (word.length <= most) return [word]
  const pieces: string[] = ['']
  for (const character of word)
    if ((pieces.at(-1)?.length ?? 0) + character.length > most) pieces.push(character)
    else pieces[pieces.length - 1] += character
  return pieces
}
