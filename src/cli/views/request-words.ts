import type { RequestBrief } from '../http/wire-requests.ts'
import type { Style } from '../output/paint.ts'
import type { Cell } from '../output/table.ts'
import { localText, relativeText } from '../output/time.ts'

/** How people call the two sides of a request. */
export function sideText(side: string): string {
  return { site: 'the security team', department: 'the department' }[side] ?? side
}

/** For whom somebody spoke, and how that came: `the department, by mail from ines@physics.example`. */
export function spokenText({ as = '', mail }: { readonly as?: string; readonly mail?: string }): string {
  return mail === undefined ? sideText(as) : `${sideText(as)}, by mail from ${mail}`
}

/** Whose answer stops the clock of a request. */
export function askerOf(kind: string): string {
  return kind === 'logs' ? 'site' : 'department'
}

const STATES: Readonly<Record<string, Style>> = {
  open: 'warn',
  taken: 'warn',
  granted: 'good',
  received: 'good',
  denied: 'bad',
}

export function stateCell(state: string): Cell {
  return { text: state, style: STATES[state] ?? 'dim' }
}

export function isSettled(state: string): boolean {
  return !['open', 'taken', 'waiting'].includes(state)
}

/** `Cordon#1043: waiting; the clock stands still`, of a request as a block names it. */
export function briefCell({ name, id, kind, state, due }: RequestBrief, now: number): Cell {
  const what = kind === 'logs' ? 'asks for logs' : 'asks for it to be lifted'
  const when = isSettled(state) ? '' : `, ${dueText(due, kind, now)}`
  const text = `${name} ${what}: ${state}${when} (cordon requests show ${id})`
  return { text, style: isSettled(state) ? 'dim' : 'warn' }
}

/** When the answer to an open request is due. */
export function dueText(due: string | null, kind: string, now: number): string {
  if (due === null) return `the clock stands still until ${sideText(askerOf(kind))} has answered`
  const at = Date.parse(due)
  const when = at > now ? 'due' : 'was due'
  return `${when} ${localText(at)} (${relativeText(at, now)})`
}

const ACTS: Readonly<Record<string, string>> = {
  filed: 'asked',
  taken: 'sees to it',
  said: 'said',
  reopened: 'opened it again',
}

const ENDS: Readonly<Record<string, string>> = {
  granted: 'granted it',
  denied: 'denied it',
  received: 'has the logs',
  dropped: 'waits for the logs no more',
  withdrawn: 'took it back',
}

/** What somebody did about a request; `how` it ended, where that is known. */
export function actText(what: string, how: string | undefined): string {
  if (what !== 'settled') return ACTS[what] ?? what
  return how === undefined ? 'settled it' : (ENDS[how] ?? `settled it: ${how}`)
}

export function checklist(actions: readonly string[] = []): string[] {
  return actions.map((action) => `[ ] ${action}`)
}
