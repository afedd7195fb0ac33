/** How likely each trouble is at each occasion, from 0 to 1; what is left out never happens. */
export interface Faults {
  /** `open` fails. */
  readonly openFails?: number
  /** A call answers late; what it changed happens somewhere in between, even if nobody waits any more. */
  readonly late?: number
  /** How late at most, in milliseconds. */
  readonly lateMs?: number
  /** A change is made and its outcome lost. */
  readonly appliedUnknown?: number
  /** A change is not made and its outcome lost. */
  readonly lostUnknown?: number
  /** The session drops in the middle of a batch. */
  readonly drops?: number
  /** One rule is refused, this time. */
  readonly refuses?: number
  /** One put finds the device full, this time. */
  readonly full?: number
  /** Milliseconds between two occasions for drift. */
  readonly driftEveryMs?: number
  /** One entry of ours vanishes. */
  readonly vanishes?: number
  /** An entry of somebody else appears. */
  readonly foreignAppears?: number
  /** The device restarts: the sessions end and every entry of ours is gone. */
  readonly restarts?: number
  /** The device says that something changed; otherwise only a full look finds the drift. */
  readonly tells?: number
}

/** Some of everything, for a simulation that should meet all of it within minutes. */
export const TROUBLED: Faults = {
  openFails: 0.2,
  late: 0.1,
  lateMs: 20_000,
  appliedUnknown: 0.03,
  lostUnknown: 0.03,
  drops: 0.03,
  refuses: 0.02,
  full: 0.02,
  driftEveryMs: 30_000,
  vanishes: 0.2,
  foreignAppears: 0.1,
  restarts: 0.02,
  tells: 0.5,
}
