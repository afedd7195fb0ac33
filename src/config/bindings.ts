import { resolve } from 'node:path'
import { parseDuration } from '../domain/duration.ts'
import type { Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'

/** Who had which address when: where that is kept (absolute), and for how long; times in milliseconds. */
export interface BindingsConfig {
  readonly folder: string
  readonly keep: number
  readonly clockError: number
}

const KEEP = '30d'
const CLOCK_ERROR = '5s'

export function readBindingsConfig(
  { bindings }: ConfigFile,
  folder: string,
  ledgerFolder: string,
  found: Problems,
): BindingsConfig {
  const duration = (name: 'keep' | 'clockError', otherwise: string): number =>
    found.take(['bindings', name], () => parseDuration(bindings?.[name] ?? otherwise)) ?? 0
  return {
    folder:
      bindings?.folder === undefined
        ? resolve(ledgerFolder, '../bindings')
        : resolve(folder, bindings.folder),
    keep: duration('keep', KEEP),
    clockError: duration('clockError', CLOCK_ERROR),
  }
}
