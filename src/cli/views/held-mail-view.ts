import type { HeldMail } from '../http/wire-messages.ts'
import { indent, linesOf } from '../output/lines.ts'
import type { Shown } from '../output/output.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'
import { fullText, relativeText } from '../output/time.ts'

/** Mails that wait for a person, one a line. */
export function showHeldMails(mails: readonly HeldMail[], now: () => number): Shown {
  return {
    value: { mails },
    text: (paint, wide) => renderTable(columns(now), mails, paint, wide),
    names: () => mails.map(({ id }) => String(id)),
  }
}

function columns(now: () => number): Column<HeldMail>[] {
  return [
    { title: 'MAIL', cell: ({ id }) => String(id) },
    { title: 'CAME', cell: ({ at }) => relativeText(Date.parse(at), now()) },
    { title: 'WHY', cell: whyCell },
    { title: 'ABOUT', cell: aboutText },
    { title: 'FROM', cell: ({ from }) => from, most: 30 },
    { title: 'SUBJECT', cell: ({ subject }) => subject, most: 50 },
  ]
}

function whyCell({ why }: HeldMail): Cell {
  return { text: why, style: why === 'sender-forged' ? 'bad' : 'plain' }
}

function aboutText({ request, block }: HeldMail): string {
  return [request, block].flatMap((id) => (id === undefined ? [] : [`Cordon#${id}`])).join(' ')
}

const WHY: Readonly<Record<string, string>> = {
  'no-reference': 'it does not say what it is about',
  'references-differ': 'its subject names more than one number',
  'unknown-reference': 'there is no block or request of its number',
  'sender-unknown': 'its sender is no contact of a department',
  'sender-unproven': 'nothing proves that it is from its sender',
  'sender-forged': 'a server that is believed says that it is not from its sender',
  'sender-has-no-right': 'what it is about is not of the departments of its sender',
  'no-text': 'it says nothing beside what it answers',
  'took-too-long': 'it took too long to read; this is its beginning as it came',
  undeliverable: 'it reports that a mail of ours did not arrive',
}

/** One mail whole. What it says of itself may be forged. */
export function showHeldMail(mail: HeldMail, now: () => number): Shown {
  const { id, at, why, from, subject, text, attachments } = mail
  return {
    value: mail,
    text: (paint) => {
      const head = renderFields(
        [
          ['mail', String(id)],
          ['came', fullText(Date.parse(at), { now })],
          ['why', WHY[why] === undefined ? why : `${WHY[why]} (${why})`],
          ['about', aboutText(mail) || undefined],
          ['from', { text: `${from} (as it says)`, style: why === 'sender-forged' ? 'bad' : 'plain' }],
          ['subject', subject],
          ['attached', attachments.map(({ name, type, bytes }) => `${name} (${type}, ${bytes} bytes)`)],
          ['done', `cordon mail done ${id}`],
        ],
        paint,
      )
      return `${head}${text === '' ? '' : `\n${indent(linesOf(text))}`}`
    },
    names: () => [String(id)],
  }
}
