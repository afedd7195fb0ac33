import { plainAddress } from './mail-headers.ts'

/** What a delivery status notification is about (RFC 3464). */
export interface Bounce {
  readonly bounceOf: readonly string[]
  readonly failedRecipients: readonly string[]
}

const MOST = 100

/**
 * @param statuses texts of its message/delivery-status parts
 * @param originals beginnings of the mails or headers that it brings back
 * @returns nothing when no recipient has failed for good: a delay or a success is no bounce
 */
export function readBounce(statuses: readonly string[], originals: readonly string[]): Bounce | undefined {
  const recipients = statuses.flatMap(groups).filter((group) => /^action:\s*failed\b/im.test(group))
  if (recipients.length === 0) return undefined
  const failed = recipients.flatMap((group) => {
    const written = field(group, 'original-recipient') ?? field(group, 'final-recipient') ?? ''
    return plainAddress(written.slice(written.indexOf(';') + 1)) ?? []
  })
  const ids = originals.flatMap((text) => {
    const [header = ''] = text.split(/\r?\n\r?\n/, 1)
    return /<([!-;=?-~]{1,250})>/.exec(field(header, 'message-id') ?? '')?.[1] ?? []
  })
  return { bounceOf: unique(ids), failedRecipients: unique(failed) }
}

/** Fields of one recipient stand together, with an empty line between (RFC 3464 §2.1). */
function groups(text: string): string[] {
  return text.split(/\r?\n(?:[ \t]*\r?\n)+/)
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:((?:[^\\r\\n]|\\r?\\n[ \\t])*)`, 'im')
    .exec(text)?.[1]
    ?.replaceAll(/\s+/g, ' ')
    .trim()
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].slice(0, MOST)
}
