import { InputError } from '../../domain/input-error.ts'
import { readAddrSpec } from '../../domain/mail-address.ts'
import { MailUnreadable } from './received.ts'

/**
 * The one address in a From field (RFC 5322 §3.6.2). A field that two readers could take for two senders is refused:
 * a list, a group, two brackets, anything but one plain addr-spec.
 * @throws MailUnreadable `no-sender`
 */
export function readSender(field: string): string {
  const bare = withoutQuotes(field)
  if (bare === undefined) throw unclear('a quote or a bracket in it has no end')
  const brackets = /^[^<>]*<([^<>]*)>\s*$/.exec(bare)
  if (/[,;:]/.test(bare)) throw unclear('it names more than one, or a group')
  if (brackets === null && /[<>]/.test(bare)) throw unclear('it names more than one')
  try {
    return readAddrSpec((brackets?.[1] ?? bare).trim())
  } catch (error) {
    if (error instanceof InputError) throw unclear(error.message)
    throw error
  }
}

function unclear(why: string): MailUnreadable {
  return new MailUnreadable('no-sender', `who sent it cannot be told from its From field: ${why}`)
}

/** Without quoted texts and comments (RFC 5322 §3.2.2, §3.2.4), or nothing where one has no end. */
function withoutQuotes(field: string): string | undefined {
  const kept: string[] = []
  let comments = 0
  let quoted = false
  for (let at = 0; at < field.length; at += 1) {
    const char = field[at] ?? ''
    if (char === '\\' && (quoted || comments > 0)) at += 1
    else if (char === '"' && comments === 0) quoted = !quoted
    else if (quoted) continue
    else if (char === '(') comments += 1
    else if (char === ')') {
      if (comments === 0) return undefined
      comments -= 1
    } else if (comments === 0) kept.push(char)
  }
  return quoted || comments > 0 ? undefined : kept.join('')
}
