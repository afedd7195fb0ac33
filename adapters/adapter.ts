import type { Static, TSchema } from 'typebox'
import type { Clock } from '../src/domain/clock.ts'
import type { Logger } from '../src/domain/log.ts'
import type { Components } from '../src/domain/match.ts'
import type { Family, Prefix } from '../src/domain/prefix.ts'
import type { Action, Reach, Rule, RuleKind, RuleScope } from '../src/domain/rule.ts'

/**
 * The contract between the engine and one kind of device. An adapter knows rules and its device; it never sees a
 * block, a reason or an actor. `test/contract/suite.ts` holds every adapter to what is written here.
 */
export interface Adapter<S extends TSchema = TSchema> {
  readonly kind: string
  /** Of the device's `config` in cordon.yaml; unknown fields must be errors (`additionalProperties: false`). */
  readonly configSchema: S
  /** What the schema cannot say: why a device cannot be configured so; `undefined` when it can. */
  whyUnusable?(config: Static<S>): string | undefined
  /** What a device so configured can hold; placement reads this without a session. */
  capabilities(config: Static<S>): Capabilities
  /**
   * Connects, or rejects with an {@link AdapterError} in bounded time. A session that is open again after a crash
   * of the controller finds whatever the last one left.
   */
  open(config: Static<S>, env: AdapterEnv): Promise<Session>
  /**
   * For each router that the device announces to, the configuration that bounds what any fault of ours can do there.
   * Needs no session. @throws AdapterError `unsupported` when the configuration does not allow it
   */
  provision?(config: Static<S>, site: ProvisionSite): readonly ProvisionedRouter[]
  /**
   * Puts what `provision` prints on a device that is configured, as far as it is lacking and nobody else's, and looks
   * at it from a new session. @throws AdapterError when it does not stand afterwards
   */
  install?(config: Static<S>, env: AdapterEnv, signal: AbortSignal): Promise<Installed>
  /**
   * Looks at everything that must be so before the device can be used, in a session of its own; changes nothing. The
   * first that fails may be the last that is known. Never rejects with an AdapterError.
   */
  check?(config: Static<S>, env: AdapterEnv, signal: AbortSignal): Promise<readonly Check[]>
}

/** What was installed, and what a person must do, in words. */
export interface Installed {
  readonly done: readonly string[]
  readonly byHand: readonly string[]
}

/** One thing that must be so before a device can be used. */
export interface Check {
  readonly what: 'reach' | 'host-key' | 'login' | 'rights' | 'containers' | 'capacity' | 'clock'
  readonly ok: boolean
  readonly words: string
}

/** What a site has said about itself, as far as routers should hold us to it. */
export interface ProvisionSite {
  readonly device: string
  readonly own: readonly Prefix[]
  readonly protected: readonly {
    readonly prefix: Prefix
    readonly role: 'source' | 'destination' | 'any'
  }[]
  /** Whether uRPF on the device's routers makes a blackhole effective for its source too (RFC 5635 §4). */
  readonly urpf: boolean
}

export interface ProvisionedRouter {
  readonly router: string
  /** What it runs, where the configuration says. */
  readonly platform?: string
  /** Its configuration, in plain ASCII, by platform. */
  readonly texts: ReadonlyMap<string, () => string>
}

export interface Capabilities {
  readonly kinds: readonly RuleKind[]
  /** Components it can match, beside the prefixes. */
  readonly components: readonly (keyof Components)[]
  /**
   * Whether its access lists can leave out packets by their other end (`except` of a match); no unless told. Flow
   * specification cannot (RFC 8955 §4.2.2), and a blackhole even less.
   */
  readonly exceptions?: boolean
  /** Whether its access lists can leave out control traffic (`keep` of a match); no unless told. */
  readonly keeps?: boolean
  /** Whether one filter can name a source and a destination; yes unless told. */
  readonly pairs?: boolean
  /**
   * Whether entries of ours are told from such that a person put into the same container; yes unless told. Where they
   * are not, one that no block explains is left alone, and shown.
   */
  readonly marks?: boolean
  readonly actions: readonly Action['do'][]
  /** Places that packets can be redirected to, by name; none unless told. */
  readonly places?: readonly string[]
  readonly families: readonly Family[]
  /** How far its blackholes can reach; every scope unless told. */
  readonly scopes?: readonly RuleScope[]
  /** The routers that it announces to, where they differ in what they take. A rule reaches those that take it. */
  readonly neighbours?: readonly Reach[]
  /** Where routers let the first flow rule that matches decide, the order in which they try them (RFC 8955 §5.1). */
  readonly flowOrder?: 'rfc8955'
  /** Names of the interfaces and neighbours that it may ever put down; none unless told. */
  readonly switches?: readonly string[]
  /** Realms of the accounts that it can lock, or whose sessions it can end; every realm unless told. */
  readonly realms?: readonly string[]
  /** Whether its routers refuse filters that name no destination (RFC 8955 §6). */
  readonly needsDestination?: boolean
  /** `enforcer`: it reads back its own enforcement; `speaker`: it only passes on; `none`: it cannot tell. */
  readonly evidence: 'enforcer' | 'speaker' | 'none'
  /** Whether a batch takes effect as a whole. A refused rule must not take its neighbours down either way. */
  readonly transactional: boolean
  /** How many rules of ours it may hold. */
  readonly maxEntries: number
  /** The most rules in one `apply`. */
  readonly batch: number
  /** How many `apply` calls may be under way at once; never two with the same key. */
  readonly inFlight: number
  /** What a call may take beside 5 ms for each rule, in milliseconds, before it is given up; 10,000 unless told. */
  readonly patience?: number
  /** Whether it counts what its rules drop or limit: its sessions then have `counters`. */
  readonly counts?: boolean
}

export interface AdapterEnv {
  readonly device: string
  readonly clock: Clock
  readonly log: Logger
  /** A folder for sockets and generated files, private to this device, kept across restarts; its path is short. */
  readonly runtimeFolder: string
  /** The text behind a `file:` or `env:` reference. */
  secret(reference: string): Promise<string>
  /** Keeps a memo for this device; durable before it resolves. */
  remember(memo: string): Promise<void>
  /** The memo kept last, by this process or an earlier one. */
  recall(): string | undefined
}

/**
 * Entries are ours; a switch (`SwitchRule`) is someone's property, of which three things are kept to:
 *
 * - It is **held** when we have put it down and it is down. How it was found, `up` or `down`, is in the memo before
 *   the device is touched, and stays there until it was seen to be as it was found. The memo is one text for all of a
 *   device's switches.
 * - `put` finds it up: that is remembered, then it goes down. It finds it down: that is remembered and nothing is
 *   written; what an earlier `put` of ours had found stands. Either is `done` once it was read back down, and it is
 *   held. A name that the device does not have, or that its configuration does not allow, is `failed` as `rejected`.
 * - `remove` brings it up if it was found up, does nothing if it was found down, and in either case forgets it then.
 *   Without a memo nothing is touched and the outcome is `done`. So `remove` never puts anything down, and what we
 *   have down is restored even if the configuration no longer allows to put it down.
 *
 * `observe` names a held one among `rules`. One that the memo has, and that was seen down and is up again, was brought
 * up by somebody else: it is forgotten, told as `seen` with `present: false`, and never restored to anything. So is one
 * that does not exist any more. One that has another name by now, where the device knows it by more than its name, is the
 * same one still, and whoever has its old name is not. One that the memo has, and that this session never saw down, is `uncertain`: a crash
 * may have come between memo and device, or between the device and the reply. One that is down without a memo is not
 * ours, whoever put it down and however often we had it before; it counts as `foreign`, but for accounts: a directory is
 * not searched for whom others have locked.
 *
 * `no-session` is no property of anybody, and nothing is restored: it is **held** while the adapter sees to it that the
 * account or the station has no session, or none outside of quarantine, and ends each that appears. Which ones it sees
 * to is in the memo.
 */
export interface Session {
  /** Reads what the device holds of ours: everything, or only what stands for these rules. */
  observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed>
  /** Makes the device hold `put` (adding, or changing the action) and not hold `remove`. One outcome for each key. */
  apply(change: Change, signal: AbortSignal): Promise<Receipt>
  /** Only one listener; set right after `open`. */
  onChange?(listener: (change: DeviceChange) => void): void
  /**
   * Called when, after an `observe('all')`, nothing is left to apply, also if nothing was to be done at all. A BGP
   * speaker then lets routers drop what they kept over a restart (End-of-RIB, RFC 4724 §4.1). Harmless when repeated.
   */
  settled?(): Promise<void>
  /**
   * What rules have dropped or limited since they were put there, by key: of these, or of all. One that has met
   * nothing may be left out. It is read beside everything else: it waits for no other call and keeps none waiting.
   */
  counters?(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Counters>
  /** Ends the session and leaves the device enforcing. */
  close(): Promise<void>
}

export interface Change {
  readonly put: readonly Rule[]
  readonly remove: readonly Rule[]
}

/** Ordered: each is worth more than the one before. */
export type Evidence = 'none' | 'acknowledged' | 'read-back' | 'witnessed'

export interface Observed {
  readonly rules: readonly Rule[]
  /** Rules that may or may not stand there; the engine puts or removes each anew. */
  readonly uncertain: readonly Rule[]
  /** What reading them back is worth. */
  readonly evidence: Evidence
  /** Entries beside ours that are not ours. */
  readonly foreign: number
}

export type Counters = ReadonlyMap<string, { readonly packets: number; readonly bytes: number }>

export type Outcome =
  | { readonly result: 'done'; readonly evidence: Evidence }
  | { readonly result: 'failed'; readonly class: ErrorClass; readonly words: string }
  | { readonly result: 'unknown'; readonly words: string }

/** By rule key. A key that is missing counts as `unknown`. */
export type Receipt = ReadonlyMap<string, Outcome>

/** Named after what an operator does about it. */
export type ErrorClass =
  | 'unreachable'
  | 'auth'
  | 'host-key'
  | 'locked'
  | 'busy'
  | 'rejected'
  | 'capacity'
  | 'timeout'
  | 'unsupported'

export type DeviceChange =
  /** The session is over; the engine closes it and opens another. */
  | { readonly type: 'down'; readonly class: ErrorClass; readonly words: string }
  /** The session goes on, but what the device holds must be read again. */
  | { readonly type: 'resync'; readonly words: string }
  /** A condition that people should see, such as `peer-down`; `ok` ends it. */
  | { readonly type: 'status'; readonly code: string; readonly ok: boolean; readonly words: string }
  /** The device was seen to hold, or no longer to hold, a rule of ours. */
  | { readonly type: 'seen'; readonly key: string; readonly present: boolean; readonly evidence: Evidence }

/** Why a session could not be opened or a call could not be made. `words` are the device's own, free of secrets. */
export class AdapterError extends Error {
  readonly class: ErrorClass
  /** A stable word for this condition where the class alone says too little: `binary-missing`, `bad-config`. */
  readonly code: string

  constructor(errorClass: ErrorClass, words: string, code: string = errorClass) {
    super(words)
    this.name = 'AdapterError'
    this.class = errorClass
    this.code = code
  }
}
