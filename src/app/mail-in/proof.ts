import type { ReadMail } from '../../notify/mail/received.ts'

/** What speaks for a mail being from whom it says: our server's word, or what only a reader of ours can know. */
export type Proof = 'authenticated' | 'thread' | 'failed' | 'none'

/**
 * Whether a mail is from the domain of its From, as servers say whom the site believes (RFC 8601 §5). A refusal counts more
 * than anything else; `thread`: it answers a mail of ours by a Message-ID that cannot be guessed.
 * @param thread whether it does
 */
export function proofOf(
  { from, authentication }: Pick<ReadMail, 'from' | 'authentication'>,
  believed: readonly string[],
  thread: boolean,
): Proof {
  const [sender = ''] = from
  const domain = sender.slice(sender.lastIndexOf('@') + 1)
  const words = authentication.filter(({ server }) => believed.includes(server))
  if (words.some(({ method, result }) => method === 'dmarc' && result === 'fail')) return 'failed'
  const isFor = (name: string | undefined): boolean =>
    name !== undefined && (name === domain || domain.endsWith(`.${name}`))
  const passes = words.some(
    ({ field, method, result, domain: of }) =>
      // The last server's field is the first: what stands below may have come with the mail, in our name too.
      field === 0 && result === 'pass' && (method === 'dmarc' || method === 'dkim') && isFor(of),
  )
  if (passes) return 'authenticated'
  return thread ? 'thread' : 'none'
}
