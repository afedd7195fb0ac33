import type { ReadMail } from '../../notify/mail/received.ts'

/** What a mail is about, and what the mails of ours are about that it answers; or why that is not known. */
export type Referred =
  | { readonly about: number; readonly threads: ReadonlySet<number> }
  | { readonly why: 'no-reference' | 'references-differ' }

const TAG = /\[Cordon#([1-9]\d{0,14})\]/g

/**
 * What a mail is about: the tag in its subject, which anybody can write, or else the last mail of ours that it answers,
 * whose Message-ID nobody can guess.
 */
export function referenceOf(
  { subject, inReplyTo, references }: Pick<ReadMail, 'subject' | 'inReplyTo' | 'references'>,
  aboutOf: (id: string) => number | undefined,
): Referred {
  const tags = new Set([...subject.matchAll(TAG)].map(([, number]) => Number(number)))
  const answered = [...references, ...inReplyTo].flatMap((id) => aboutOf(id) ?? [])
  const threads = new Set(answered)
  if (tags.size > 1) return { why: 'references-differ' }
  const [about = answered.at(-1)] = tags
  return about === undefined ? { why: 'no-reference' } : { about, threads }
}
