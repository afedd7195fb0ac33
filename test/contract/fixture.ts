import type { Static, TSchema } from 'typebox'
import type { Adapter, AdapterEnv } from '../../adapters/adapter.ts'
import type { Rule, Scope, SwitchRule } from '../../src/domain/rule.ts'

/** One kind of device, as the suite needs it. */
export interface Fixture<S extends TSchema> {
  readonly name: string
  readonly adapter: Adapter<S>
  /** A fresh device; its `env` must be good for several sessions, one after the other. */
  start(): Promise<Device<Static<S>>>
  /** The scopes that `config` knows, for blackholes. */
  readonly scopes?: readonly Scope[]
  /** The same device, able to hold only a few rules: its `capabilities` must say how few (at most 64). */
  readonly small?: (config: Static<S>) => Static<S>
  /** A rule that `capabilities` allow and the device itself refuses. */
  readonly refused?: Rule
  /** The same device, whose adapter may put down a switch of this name too, which the device does not have. */
  readonly withSwitch?: (config: Static<S>, name: string) => Static<S>
  /** Secrets beside those that `env.secret` hands out. */
  readonly secret?: string
  /** Runs of each property; 25 unless told. */
  readonly numRuns?: number
  /** What "in bounded time" means here, in milliseconds; 10 000 unless told. */
  readonly patience?: number
}

export interface Device<C> {
  readonly config: C
  readonly env: AdapterEnv
  /** Puts entries on the device that are not ours, beside and among where ours go. */
  plantForeign?(): Promise<unknown>
  /** Whether they are all still as they were planted. */
  foreignIntact?(token: unknown): Promise<boolean>
  /** What truly stands on the device, seen by another way than the adapter's. */
  truth?(): Promise<readonly Rule[]>
  /** Lets so many packets meet a rule that drops them; needed where `capabilities.counts`. */
  hit?(rule: Rule, packets: number): Promise<void>
  /** Drops the session or transport under the adapter. What the device then holds is its own matter. */
  cut?(): Promise<void>
  /** Makes the device stop answering while the transport stays; the returned function ends that. */
  stall?(): Promise<() => Promise<void>>
  /** Where `capabilities.kinds` has a switch: its real switches, past the adapter. All of them are up at the start. */
  readonly switches?: RealSwitches
  stop(): Promise<void>
}

export interface RealSwitches {
  read(rule: SwitchRule): Promise<'up' | 'down'>
  /** As a person does who knows nothing of us. */
  turn(rule: SwitchRule, to: 'up' | 'down'): Promise<void>
  /** Where everything stands that the adapter may never touch, in one text. */
  others(): Promise<string>
}
