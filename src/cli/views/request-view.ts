import type { Request, RequestWord } from '../http/wire-requests.ts'
import { clean } from '../output/clean.ts'
import { indent, linesOf } from '../output/lines.ts'
import type { Shown } from '../output/output.ts'
import type { Paint } from '../output/paint.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'
import { fullText, localText, relativeText, spanText } from '../output/time.ts'
import { actText, checklist, dueText, isSettled, sideText, spokenText, stateCell } from './request-words.ts'

/** Requests, one a line. */
export function showRequests(requests: readonly Request[], now: () => number): Shown {
  return {
    value: { requests },
    text: (paint, wide) => renderTable(columns(now), requests, paint, wide),
    names: () => requests.map(({ name }) => name),
  }
}

function columns(now: () => number): Column<Request>[] {
  return [
    { title: 'REQUEST', cell: ({ name }) => name },
    { title: 'KIND', cell: ({ kind }) => kind },
    { title: 'ABOUT', cell: aboutText, most: 40 },
    { title: 'DEPARTMENTS', cell: ({ departments }) => departments.join(','), most: 30 },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'DUE', cell: (request) => dueCell(request, now()) },
    { title: 'URGENCY', cell: ({ urgency }) => urgency },
    { title: 'FILED', cell: ({ filedAt }) => relativeText(Date.parse(filedAt), now()) },
    { title: 'BY', cell: ({ words }) => whoText(words[0]), most: 20 },
    { title: 'TAKEN BY', cell: ({ words }) => whoText(takingOf(words)), wide: true },
    { title: 'REMINDED', cell: ({ reminded }) => reminded.join(','), wide: true },
  ]
}

function aboutText({ block, target, logs }: Request): string {
  if (logs !== undefined) return `${logs.of} logs of ${logs.about}`
  return target ?? `Cordon#${block}`
}

/** Late ones stand out. */
function dueCell({ due, late, state }: Request, now: number): Cell {
  if (isSettled(state)) return ''
  if (due === null) return { text: 'stands still', style: 'dim' }
  const at = Date.parse(due)
  return late ? { text: `late by ${spanText(now - at)}`, style: 'warn' } : relativeText(at, now)
}

function whoText(word: RequestWord | undefined): string {
  return word?.name ?? word?.by ?? ''
}

/** Who sees to it, since it was opened last. */
function takingOf(words: readonly RequestWord[]): RequestWord | undefined {
  const since = words.slice(words.findLastIndex(({ what }) => what === 'reopened') + 1)
  return since.findLast(({ what }) => what === 'taken')
}

/** One request whole, with all that was said. */
export function showRequest(request: Request, now: () => number): Shown {
  return {
    value: request,
    text: (paint) => requestText(request, now, paint) + talkText(request, paint),
    names: () => [request.name],
  }
}

function requestText(request: Request, now: () => number, paint: Paint): string {
  const { name, departments, urgency, filedAt, settledAt, logs, words, calendar } = request
  return renderFields(
    [
      ['request', name],
      ['asks', asksText(request)],
      ['about', request.kind === 'logs' ? blockText(request) : undefined],
      ['span', logs && `${localText(Date.parse(logs.from))} to ${localText(Date.parse(logs.to))}`],
      ['departments', departments.join(', ')],
      ['urgency', urgency],
      ['state', stateField(request)],
      ['filed', `${fullText(Date.parse(filedAt), { now })} by ${whoText(words[0])}`],
      ['taken by', whoText(takingOf(words)) || undefined],
      ['settled', settledAt && fullText(Date.parse(settledAt), { now })],
      ['due', dueField(request, now())],
      ['look by', lookField(request, now)],
      ['stood still', pauseLines(request)],
      ['reminded', request.reminded.join(', ') || undefined],
      ['calendar', calendar],
      ['also holds', otherLines(request)],
    ],
    paint,
  )
}

function asksText({ kind, logs, departments, ...request }: Request): string {
  if (kind !== 'logs') return `to lift ${blockText(request) ?? 'a block'}`
  return logs === undefined ? 'for logs' : `for ${logs.of} logs of ${logs.about}`
}

function blockText({ block, target }: Pick<Request, 'block' | 'target'>): string | undefined {
  if (block === undefined) return undefined
  return `Cordon#${block}${target === undefined ? '' : ` (${target})`}`
}

function stateField({ state, turn }: Request): Cell {
  const { style } = stateCell(state) as Exclude<Cell, string>
  return { text: isSettled(state) ? state : `${state}: it is for ${sideText(turn)} to answer`, style }
}

function dueField({ due, kind, late, state }: Request, now: number): Cell | undefined {
  if (isSettled(state)) return undefined
  if (due === null) return dueText(due, kind, now)
  const text = fullText(Date.parse(due), { now: () => now })
  return { text: `${text}${late ? ', late' : ''}`, style: late ? 'bad' : 'plain' }
}

/** Until when somebody has to look at it; gone when somebody has. */
function lookField({ acknowledgeBy, state }: Request, now: () => number): Cell | undefined {
  if (acknowledgeBy === undefined || isSettled(state)) return undefined
  const at = Date.parse(acknowledgeBy)
  return { text: `${fullText(at, { now })}, nobody has yet`, style: at <= now() ? 'bad' : 'plain' }
}

function pauseLines({ pauses, settledAt }: Request): string[] {
  return pauses.map(({ from, to = settledAt }) => {
    const begin = localText(Date.parse(from))
    if (to === undefined) return `since ${begin}`
    return `${begin} to ${localText(Date.parse(to))} (${spanText(Date.parse(to) - Date.parse(from))})`
  })
}

/** What holds the target beside the block that is asked for. */
function otherLines({ others = [], hidden = 0 }: Request): Cell[] {
  const seen = others.map(({ name, because }) => `${name}: ${because}`)
  const more = hidden === 0 ? [] : [`${hidden} more, which only the security team sees`]
  return [...seen, ...more].map((text) => ({ text, style: 'warn' }))
}

function talkText({ words, state }: Request, paint: Paint): string {
  const said = words.map((word, index) => {
    // What ended by itself has no word of its own.
    const how = index === words.length - 1 && state !== 'moot' ? state : undefined
    return `\n${headText(word, how, paint)}\n${indent(bodyLines(word))}`
  })
  return said.join('')
}

function headText(word: RequestWord, how: string | undefined, paint: Paint): string {
  const who = `${whoText(word)} (${spokenText(word)}) ${settledText(word, how)}`
  return `${paint('dim', localText(Date.parse(word.at)))}  ${paint('head', clean(who))}`
}

/** Only the last settling has its outcome on record; an earlier one that gave actions was a denial. */
function settledText({ what, actions }: RequestWord, how: string | undefined): string {
  return actText(what, what === 'settled' && actions !== undefined ? 'denied' : how)
}

function bodyLines({ text, actions }: RequestWord): string[] {
  return [...(text === undefined ? [] : linesOf(text)), ...checklist(actions).map(clean)]
}

/** When the answer is due, or whom the clock waits for, as the end of a sentence. */
export function dueWords({ due, kind }: Pick<Request, 'due' | 'kind'>, now: number): string {
  return due === null ? dueText(due, kind, now) : `the answer is ${dueText(due, kind, now)}`
}

const DONE: Readonly<Record<string, string>> = {
  grant: 'is granted',
  deny: 'is denied',
  withdraw: 'is withdrawn',
  close: 'is closed',
}

/** What has become of a request by what was done about it. */
export function doneWords(request: Request, deed: string, now: number): string {
  const { name, block } = request
  if (deed === 'grant')
    return `${name} is granted and Cordon#${block} released; cordon show ${block} follows it`
  const ended = DONE[deed]
  if (ended !== undefined) return `${name} ${ended}`
  const verb = { take: 'is yours', reopen: 'is open again' }[deed] ?? 'is answered'
  return `${name} ${verb}; ${dueWords(request, now)}`
}

/** What lifting the block has left; nothing where the target is free. */
export function othersWords({ others = [], hidden = 0, target }: Request): string | undefined {
  if (others.length + hidden === 0) return undefined
  const more = hidden === 0 ? [] : [`${hidden} more`]
  return `${target ?? 'the target'} is held by others still: ${[...others.map(({ name }) => name), ...more].join(', ')}`
}
