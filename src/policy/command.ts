import type { BlockSpec, Origin } from '../domain/block.ts'

/** What a policy made of a command: the name of the rule that decided, and a sentence why. */
export interface PolicyDecision {
  readonly verdict: 'block' | 'refuse'
  readonly rule: string
  readonly why: string
}

/** Turns a command into a decision. */
export type CommandPolicy = (command: { readonly spec: BlockSpec; readonly origin: Origin }) => PolicyDecision

/** The one rule there is until sites can write their own: whoever may send a command is believed. */
export const manualPolicy: CommandPolicy = ({ origin }) => ({
  verdict: 'block',
  rule: 'manual',
  why:
    origin.kind === 'person'
      ? 'a person with the right to block asked for it'
      : 'a machine with the right to block asked for it',
})
