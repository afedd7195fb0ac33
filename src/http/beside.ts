import type { Standing } from '../app/outbox/standing.ts'

/** What runs beside the API and has something to say of itself. */
export interface Beside {
  /** What a person should see to. */
  alarms(): readonly string[]
  /** How each way stands by which people and webhooks are told. */
  standings(): readonly Standing[]
  /** Events of the ledger that were not yet exported, where they are. */
  readonly exportBehind?: () => number
  /** Pages by what became of them, where people are paged. */
  readonly pages?: () => ReadonlyMap<string, number>
}
