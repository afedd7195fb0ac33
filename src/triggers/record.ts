/** Longest text that is taken over from a source. */
const LONGEST = 500

/** Text of somebody else's, in one line without control characters, cut where it is too long to be read. */
export function words(text: string, most = LONGEST): string {
  // Twice as much is looked at as is kept: white space shrinks.
  const line = text
    .slice(0, most * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Z}]+/gu, ' ')
    .trim()
  return line.length <= most && text.length <= most * 2 ? line : `${line.slice(0, most - 1).trimEnd()}…`
}

/** The labels that have a value, each short enough to be kept. */
export function labelsOf(
  labels: Readonly<Record<string, string | number | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => {
      const text = value === undefined ? '' : words(String(value))
      return text === '' ? [] : [[name, text]]
    }),
  )
}
