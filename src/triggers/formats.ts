import { FASTNETMON } from './fastnetmon.ts'
import type { TriggerFormat } from './format.ts'
import { IDEA } from './idea.ts'
import { XARF } from './xarf.ts'

/** Forms that others use, by the name in the path of the API. */
export const FORMATS: ReadonlyMap<string, TriggerFormat> = new Map(
  [FASTNETMON, IDEA, XARF].map((format) => [format.name, format]),
)
