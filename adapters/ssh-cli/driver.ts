import type { EntryRule, SwitchRule } from '../../src/domain/rule.ts'
import type { Capabilities } from '../adapter.ts'
import type { EntryChange, Listing, Refusals } from '../configured/device.ts'
import type { Position, Sight } from '../switching/panel.ts'
import type { Platform } from '../transport/shell/platform.ts'

/** A line of configuration, and the rules for whose sake it is typed. */
export interface Edit {
  readonly line: string
  readonly keys: readonly string[]
}

/** Lines of one place in the configuration. */
export interface Section {
  /**
   * What leads there from where configuring begins, and the mode that it leads to; undefined when they belong there,
   * which only what counts at once can be: lines without a place are typed behind a `commit`.
   */
  readonly place?: { readonly line: string; readonly mode: string }
  readonly edits: readonly Edit[]
}

export interface Plan {
  readonly sections: readonly Section[]
  /** Of what must not be written, as it would touch what is somebody else's. */
  readonly refusals: Refusals
}

/** What a device has, as of one look. */
export interface Look {
  readonly listing: Listing
  /** What is to be typed, in the light of what stands there. */
  plan(change: EntryChange): Plan
}

/** How a device is configured: every line counts at once, or all of them with a last one. */
export interface Way {
  /** From where everything may be looked at to where configuring begins, one by one; the last leads to `mode`. */
  readonly begin: readonly string[]
  readonly mode: string
  /** From a section's place back to there. */
  readonly leave: string
  /** What makes everything count, where lines do not at once; then `abort` gives up what was typed. */
  readonly commit?: { readonly line: string; readonly abort: string }
  /** From `mode` back to where everything may be looked at. */
  readonly end: string
  /** Keeps what counts for a restart, and what the device says when it has; undefined where all is kept by itself. */
  readonly save?: { readonly line: string; readonly done: RegExp }
}

/** One kind of command line: how it talks, where our containers are, and how an entry is written and read. */
export interface CliDriver {
  readonly name: string
  readonly platform: Platform
  readonly way: Way
  readonly capabilities: Pick<
    Capabilities,
    'kinds' | 'components' | 'actions' | 'families' | 'pairs' | 'marks' | 'scopes'
  >
  /** Why a device cannot hold the rule, or undefined. */
  whyUnsupported(rule: EntryRule): string | undefined
  /** What is asked to know what stands there. */
  readonly looks: readonly string[]
  /**
   * What is asked besides to know whether packets meet our containers on these interfaces. What is refused in other words
   * than that it may not be asked is not there, and has no lines.
   */
  placeLooks?(filterOn: readonly string[]): readonly string[]
  /**
   * Reads the lines of the answers to `looks`, and behind them of those to `placeLooks`.
   * @throws AdapterError `rejected` when they are not understood
   */
  read(answers: readonly (readonly string[])[], filterOn: readonly string[]): Look
  /** What must be there beforehand; undefined where nothing must. */
  readonly provision?: CliProvision
  /** Undefined where nothing can be put down. */
  readonly switches?: CliSwitches
  /** How the device is asked what time it has, and what it answers, in milliseconds since 1970, where it can be asked. */
  readonly clock?: { readonly ask: string; read(lines: readonly string[]): number | undefined }
}

/** Properties of others that can be put down. */
export interface CliSwitches {
  /** What is asked to know where these stand. */
  looks(rules: readonly SwitchRule[]): readonly string[]
  /**
   * Reads the lines of the answers to `looks` for the same rules.
   * @throws AdapterError when they do not tell where these stand: nothing is taken for absent then
   */
  read(rules: readonly SwitchRule[], answers: readonly (readonly string[])[]): SwitchLook
}

/** Where switches stand, as of one look. */
export interface SwitchLook {
  sight(rule: SwitchRule): Sight
  /** What is to be typed to turn one. @throws AdapterError `rejected` when there is none of that name */
  turn(rule: SwitchRule, to: Position): Section
}

/** What must be there before there can be entries. */
export interface CliProvision {
  /** For a person to read and to paste. */
  text(device: string, filterOn: readonly string[]): string
  /** What is asked to know whether it is there. */
  looks(filterOn: readonly string[]): readonly string[]
  plan(answers: readonly (readonly string[])[], filterOn: readonly string[]): ProvisionPlan
}

export interface ProvisionPlan {
  /** What adds it; the keys of its lines say what they are for. */
  readonly sections: readonly Section[]
  readonly lacking: readonly string[]
  /** What only a person may change, as it is somebody's; in words. */
  readonly byHand: readonly string[]
}
