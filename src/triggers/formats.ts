import { FASTNETMON } from './fastnetmon.ts'
import type { TriggerFormat } from './format.ts'

/** Forms that others use, by the name in the path of the API. */
export const FORMATS: ReadonlyMap<string, TriggerFormat> = new Map(
  [FASTNETMON].map((format) => [format.name, format]),
)
