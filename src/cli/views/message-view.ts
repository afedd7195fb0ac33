import type { Message, Pending } from '../http/wire-messages.ts'
import { clean } from '../output/clean.ts'
import { indent, linesOf } from '../output/lines.ts'
import type { Shown } from '../output/output.ts'
import type { Paint } from '../output/paint.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'
import { fullText, relativeText } from '../output/time.ts'

/** Messages, one a line, and what is still to be written down. */
export function showMessages(
  messages: readonly Message[],
  pending: readonly Pending[],
  now: () => number,
): Shown {
  return {
    value: { messages, pending },
    text: (paint, wide) => renderTable(columns(now), messages, paint, wide) + pendingText(pending, paint),
    names: () => messages.map(({ id }) => String(id)),
  }
}

function columns(now: () => number): Column<Message>[] {
  return [
    { title: 'MESSAGE', cell: ({ id }) => String(id) },
    { title: 'FOR', cell: ({ to }) => to, most: 30 },
    { title: 'BY', cell: ({ by }) => by },
    { title: 'IS', cell: stateCell },
    { title: 'WRITTEN', cell: ({ queuedAt }) => relativeText(Date.parse(queuedAt), now()) },
    { title: 'ABOUT', cell: aboutText, most: 30 },
    { title: 'SUBJECT', cell: ({ letter }) => letter?.subject ?? '', wide: true },
    { title: 'WHY', cell: ({ dead }) => dead?.words ?? '', most: 60 },
  ]
}

function stateCell({ dead, left }: Message): Cell {
  if (dead !== undefined) return { text: 'dead', style: 'bad' }
  return left === undefined ? 'waits' : { text: 'part sent', style: 'warn' }
}

function aboutText({ blocks, request }: Message): string {
  return [...(request === undefined ? [] : [request]), ...blocks].map((id) => `Cordon#${id}`).join(' ')
}

function pendingText(pending: readonly Pending[], paint: Paint): string {
  if (pending.length === 0) return ''
  const each = pending.map(({ to, notices }) => `${to} (${notices})`).join(', ')
  return `${paint('dim', clean(`to be written down: ${each}`))}\n`
}

/** One message whole, with its text. */
export function showMessage(message: Message, now: () => number): Shown {
  return {
    value: message,
    text: (paint) => fieldsText(message, now, paint) + bodyText(message),
    names: () => [String(message.id)],
  }
}

function fieldsText(message: Message, now: () => number, paint: Paint): string {
  const { id, to, by, queuedAt, letter, left, dead } = message
  return renderFields(
    [
      ['message', String(id)],
      ['for', `${to}, by ${by}`],
      ['state', stateField(message)],
      ['written', fullText(Date.parse(queuedAt), { now })],
      ['given up', dead && fullText(Date.parse(dead.at), { now })],
      ['why', dead && { text: dead.words, style: 'bad' }],
      ['about', aboutText(message) || undefined],
      ['to', letter && addressesOf(letter.to)],
      ['copies to', letter && (addressesOf(letter.cc) || undefined)],
      ['not yet to', left?.join(', ')],
      ['subject', letter?.subject],
    ],
    paint,
  )
}

function stateField(message: Message): Cell {
  const { id, dead } = message
  if (dead === undefined) return stateCell(message)
  return { text: `dead: it is not tried any more (cordon outbox again ${id}, or drop ${id})`, style: 'bad' }
}

function addressesOf(all: readonly { readonly name?: string; readonly mail: string }[]): string {
  return all.map(({ name, mail }) => (name === undefined ? mail : `${name} <${mail}>`)).join(', ')
}

function bodyText({ letter, body }: Message): string {
  const text = letter?.text ?? body
  return text === undefined ? '' : `\n${indent(linesOf(text))}`
}
