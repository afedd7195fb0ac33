/** A part of a feed, and how many lines of the file come before those that are its own. */
export interface FeedPart {
  readonly text: string
  /** To be added to a line number that the controller says. */
  readonly linesBefore: number
}

/** What the controller takes at once, with room to spare. */
export const MOST_CHARACTERS = 4 << 20

/**
 * A feed in parts that the controller takes, cut at ends of lines.
 * @param hasHead whether its first line says what the columns are, and stands before each part
 */
export function feedParts(text: string, hasHead: boolean, most = MOST_CHARACTERS): FeedPart[] {
  if (text.length <= most) return [{ text, linesBefore: 0 }]
  const headEnd = hasHead ? text.indexOf('\n') + 1 : 0
  const head = text.slice(0, headEnd)
  const parts: FeedPart[] = []
  let lines = 0
  for (let start = headEnd; start < text.length; ) {
    const end = cutAt(text, start, most - head.length)
    const part = text.slice(start, end)
    parts.push({ text: head + part, linesBefore: lines })
    lines += part.split('\n').length - 1
    start = end
  }
  return parts
}

/** A line that is longer than a part makes a part of its own. */
function cutAt(text: string, start: number, most: number): number {
  if (text.length - start <= most) return text.length
  const before = text.lastIndexOf('\n', start + most - 1) + 1
  if (before > start) return before
  const next = text.indexOf('\n', start)
  return next < 0 ? text.length : next + 1
}
