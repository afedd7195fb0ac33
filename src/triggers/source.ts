/** Warden's filer, or whatever else puts whole records into a folder. `folder` is absolute. */
export interface SpoolSource {
  readonly name: string
  readonly kind: 'spool'
  /** Name of the token whose rights and limits it has. */
  readonly token: string
  readonly folder: string
  /** Name of the form that its records have. */
  readonly format: string
}

/** The local API of a CrowdSec, which is asked every so often. */
export interface CrowdsecSource {
  readonly name: string
  readonly kind: 'crowdsec'
  readonly token: string
  readonly url: string
  /** Where the key of a bouncer is, as `file:PATH` or `env:NAME`. */
  readonly key: string
  /** Path of the certificates that are trusted instead of the system's; absolute. */
  readonly ca?: string
  /** Milliseconds. */
  readonly every: number
  /** What of its decisions is asked for; all of them where there is none. */
  readonly origins?: readonly string[]
  readonly scopes?: readonly string[]
  /** Parts of names. */
  readonly scenarios?: readonly string[]
}

/** Something that hands over nothing by itself, so that Cordon fetches. */
export type Source = SpoolSource | CrowdsecSource
