import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { Imports } from '../../simulator/router-config.ts'
import { provisionBgp } from '../../src/cli/local/provision.ts'

interface Written {
  readonly devices: readonly {
    readonly name: string
    readonly kind: string
    readonly config?: {
      readonly neighbours?: readonly { readonly name: string; readonly platform?: string }[]
    }
  }[]
}

/**
 * For each router whose platform the configuration says, what `cordon provision bgp` prints, one speaker's after the
 * other's.
 */
export async function provisionedImports(config: string): Promise<Imports> {
  const { devices } = parse(await readFile(config, 'utf8')) as Written
  const texts = new Map<string, string>()
  for (const { name, kind, config: settings } of devices) {
    if (kind !== 'exabgp') continue
    for (const { name: router, platform } of settings?.neighbours ?? []) {
      if (platform === undefined) continue
      for (const { text } of await provisionBgp(config, name, { router }))
        texts.set(router, (texts.get(router) ?? '') + text)
    }
  }
  return Object.fromEntries(texts)
}
