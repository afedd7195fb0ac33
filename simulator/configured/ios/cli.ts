import type { IosConfig } from './config.ts'
import { grammar } from './grammar.ts'
import type { Command, Values } from './parse-line.ts'
import type { IosSystem } from './system.ts'

/** Where in the hierarchy a session is; `subject` names what it edits there. */
export interface Mode {
  readonly kind: 'exec' | 'privileged' | 'config' | 'group' | 'acl4' | 'acl6' | 'interface' | 'router'
  readonly subject: string
}

export interface User {
  readonly name: string
  readonly privilege: 1 | 15
  /** beginnings of commands, written out, that the authorisation server does not allow */
  readonly denied?: readonly string[]
}

/** What `terminal …` sets; 0 rows means no paging, 0 columns no wrapping. */
export interface TerminalSettings {
  rows: number
  columns: number
  /** whether the log is shown here */
  monitor: boolean
}

/** One session, as commands see it. */
export interface Cli {
  readonly system: IosSystem
  readonly user: User
  readonly mode: Mode
  readonly terminal: TerminalSettings
  /** as `show privilege` has it */
  readonly isPrivileged: boolean
  readonly enablePassword: string | undefined
  /** @throws Refused when the router does not do it; then nothing of it was done */
  readonly change: (edit: (config: IosConfig) => IosConfig) => void
}

export interface Reply {
  readonly lines?: readonly string[]
  readonly mode?: Mode
  readonly ask?: Question
  /** a command of another mode, typed behind `do` */
  readonly privileged?: string
  readonly logsOut?: true
}

export interface Question {
  readonly prompt: string
  readonly isHidden: boolean
  answer(text: string): Reply | Promise<Reply>
}

export type Run = (cli: Cli, values: Values) => Reply | Promise<Reply>

/** Commands by their forms. */
export function commands(forms: Readonly<Record<string, Run>>): Command<Run>[] {
  return Object.entries(forms).map(([form, run]) => ({ grammar: grammar(form), run }))
}

export const PRIVILEGED: Mode = { kind: 'privileged', subject: '' }
export const USER_EXEC: Mode = { kind: 'exec', subject: '' }
export const CONFIG: Mode = { kind: 'config', subject: '' }
