import { type Authentication, METHODS } from './received.ts'

/** Which property tells for whom a result is, the best first (RFC 8601 §2.7). */
const DOMAIN_IN: Readonly<Record<Authentication['method'], readonly string[]>> = {
  dkim: ['header.d', 'header.i'],
  spf: ['smtp.mailfrom', 'smtp.helo'],
  dmarc: ['header.from'],
  arc: ['header.d'],
  auth: ['smtp.auth'],
}
const MOST_RESULTS = 100
const MOST_WORD = 255

/** Results in the Authentication-Results fields of a mail, from the top (RFC 8601 §2.2). What cannot be read is left out. */
export function readAuthentication(fields: readonly string[]): Authentication[] {
  return fields.flatMap(readField).slice(0, MOST_RESULTS)
}

function readField(text: string, field: number): Authentication[] {
  const [head = '', ...results] = statements(text)
  // A version may follow; no name has a space in it.
  const server = /^"?([^\s"]{1,255})"?(?:\s+\d+)?\s*$/.exec(head.trim())?.[1]?.toLowerCase()
  if (server === undefined) return []
  return results.flatMap((one) => {
    const read = readResult(one)
    return read === undefined ? [] : [{ field, server, ...read }]
  })
}

function readResult(text: string): Omit<Authentication, 'field' | 'server'> | undefined {
  const words = text
    .trim()
    .replaceAll(/\s*=\s*/g, '=')
    .split(/\s+/)
  const [, name = '', result = ''] = /^([A-Za-z0-9-]+)(?:\/\d+)?=([A-Za-z0-9-]+)$/.exec(words[0] ?? '') ?? []
  const method = METHODS.find((one) => one === name.toLowerCase())
  if (method === undefined) return undefined
  const properties = new Map(words.slice(1).map((word) => splitOnce(word)))
  const value = DOMAIN_IN[method].map((one) => properties.get(one)).find((one) => one !== undefined)
  const domain = value?.slice(value.lastIndexOf('@') + 1).toLowerCase()
  const known = domain !== undefined && domain.length <= MOST_WORD && /^[a-z0-9._-]+$/.test(domain)
  return { method, result: result.toLowerCase(), ...(known ? { domain } : {}) }
}

function splitOnce(word: string): [string, string] {
  const at = word.indexOf('=')
  return [word.slice(0, at < 0 ? word.length : at).toLowerCase(), at < 0 ? '' : word.slice(at + 1)]
}

/** Parts between semicolons, without comments; what is quoted stands without its quotes and cannot end a part. */
function statements(field: string): string[] {
  const found: string[] = []
  let [part, comments, quoted] = ['', 0, false]
  for (let at = 0; at < field.length; at += 1) {
    const char = field[at] ?? ''
    if (char === '\\' && (quoted || comments > 0)) {
      at += 1
      if (quoted) part += plain(field[at] ?? '')
    } else if (char === '"' && comments === 0) quoted = !quoted
    else if (quoted) part += plain(char)
    else if (char === '(') comments += 1
    else if (char === ')') comments = Math.max(0, comments - 1)
    else if (comments > 0) continue
    else if (char === ';') {
      found.push(part)
      part = ''
    } else part += char
  }
  return [...found, part]
}

/** A quoted space or sign of equality must not look like syntax. */
function plain(char: string): string {
  return /[\s=]/.test(char) ? '\uFFFD' : char
}
