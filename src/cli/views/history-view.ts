import type { HistoryEvent } from '../http/wire.ts'
import { linesOf } from '../output/lines.ts'
import type { Paint } from '../output/paint.ts'
import { renderFields } from '../output/table.ts'
import { localText } from '../output/time.ts'
import { actText, checklist, spokenText } from './request-words.ts'
import { bytesText } from './spec.ts'

/** What the ledger says of a block, the oldest first, for people. */
export function historyText(events: readonly HistoryEvent[], paint: Paint): string {
  const fields = events.map((event): [string, string[]] => [localText(Date.parse(event.at)), linesFor(event)])
  // Empty lines of what was said are empty here, too.
  const text = renderFields(fields, paint).replaceAll(/ +$/gm, '')
  return `\n${paint('head', 'history')}\n${text}`
}

/** A line that says what happened, then what was said, indented. */
function linesFor(event: HistoryEvent): string[] {
  const erased = event.redacted ? ' (personal data erased)' : ''
  const [head, ...body] = toldLines(event)
  return [`${head}${erased}`, ...body.map((line) => `  ${line}`)]
}

function toldLines(event: HistoryEvent): string[] {
  if (event.type.startsWith('request-')) return requestLines(event)
  if (event.type.startsWith('message-')) return [messageText(event)]
  return [[event.type, ...blockWords(event)].join(' ')]
}

function blockWords(event: HistoryEvent): string[] {
  const { device, person, digest, policy, category, reason, ticket, why, words, until, covers } = event
  return [
    ...(device === undefined ? [] : [`on ${device}`]),
    ...(event.by === undefined ? [] : [`by ${byText(event)}`]),
    ...(person === undefined ? [] : [`person ${person}`]),
    ...(digest === undefined ? [] : [`plan ${digest}`]),
    ...(policy === undefined ? [] : [`policy ${policy}`]),
    ...(category === undefined ? [] : [`category ${category}`]),
    ...(event.packets === undefined ? [] : [`${event.packets} packets, ${bytesText(event.bytes ?? 0)}`]),
    ...(covers === undefined ? [] : [`covers ${covers.join(', ')}`]),
    ...(until === undefined ? [] : [`until ${until === null ? 'released' : localText(Date.parse(until))}`]),
    ...[reason, ticket, why, words].filter((text) => text !== undefined).map((text) => `- ${text}`),
  ]
}

function byText({ by = '', name }: HistoryEvent): string {
  return name === undefined ? by : `${name} (${by})`
}

const REMINDED: Readonly<Record<string, string>> = {
  unacknowledged: 'nobody has looked at it in time',
  soon: 'its answer is due soon',
  missed: 'its answer is late',
  escalated: 'its answer is so late that others are told',
}

function requestLines(event: HistoryEvent): string[] {
  const { type, how = '', text, actions } = event
  const request = `request Cordon#${event.request}`
  if (type === 'request-reminded') return [`${request}: ${REMINDED[how] ?? how}`]
  if (type === 'request-due') return [`${request}: by another calendar ${dueWords(event)}`]
  const who = `${event.name ?? event.by ?? ''} (${spokenText(event)})`
  const act = actText(type.slice('request-'.length), event.how)
  const due = event.due === undefined ? '' : `; ${dueWords(event)}`
  return [
    `${request}: ${who} ${act}${due}`,
    ...(text === undefined ? [] : linesOf(text)),
    ...checklist(actions),
  ]
}

function dueWords({ due }: HistoryEvent): string {
  return typeof due === 'string' ? `due ${localText(Date.parse(due))}` : 'the clock stands still'
}

const VERDICTS: Readonly<Record<string, string>> = {
  taken: 'was taken',
  held: 'waits for a person',
  ignored: 'was ignored',
}

function messageText({ type, message, request, to, subject, how = '', why, words }: HistoryEvent): string {
  const about = request === undefined ? '' : ` about request Cordon#${request}`
  const quoted = subject === undefined ? '' : `: "${subject}"`
  switch (type) {
    case 'message-queued':
      return `message ${message} to ${to}${about}${quoted}`
    case 'message-sent':
      return `message ${message} was sent${about}`
    case 'message-dead':
      return `message ${message} cannot be delivered${about}${words === undefined ? '' : ` - ${words}`}`
    case 'message-received':
      return `a mail came in${about}, and ${VERDICTS[how] ?? how}${why === undefined ? '' : ` (${why})`}${quoted}`
    default:
      return `${type}${message === undefined ? '' : ` ${message}`}${about}`
  }
}
