import type { ListTexts } from './list-texts.ts'
import type { PulledList } from './pulled-list.ts'
import type { Bouncers } from './serve-bouncers.ts'

/** What others pull. */
export interface Lists {
  /** By the names of their devices; one is there once its device was opened. */
  readonly held: ReadonlyMap<string, PulledList>
  readonly texts: ListTexts
  /** What CrowdSec bouncers are told; where the site serves them none, they are refused. */
  readonly bouncers?: Bouncers
}
