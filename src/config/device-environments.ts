import { hash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AdapterEnv } from '../../adapters/adapter.ts'
import type { Logger } from '../domain/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LoadedConfig } from './load.ts'
import { readSecret } from './secret.ts'

/** What an adapter or a witness gets, by the device, and the enforcer behind it. */
export type EnvFor = (device: string, enforcer?: string) => AdapterEnv

/** Makes the folders of all devices. What adapters keep is in the ledger; secrets are read when they are asked for. */
export async function deviceEnvironments(
  config: LoadedConfig,
  ledger: Ledger,
  base: Pick<AdapterEnv, 'clock'> & {
    readonly log: { child(bound: { readonly device: string }): Logger }
    readonly env: NodeJS.ProcessEnv
  },
): Promise<EnvFor> {
  const folders = new Map<string, string>()
  for (const device of config.inventory.devices.values()) {
    for (const name of [
      device.name,
      ...device.enforcers.map((enforcer) => memoName(device.name, enforcer.name)),
    ]) {
      const folder = join(config.runtimeFolder, folderName(name))
      await mkdir(folder, { recursive: true, mode: 0o700 })
      folders.set(name, folder)
    }
  }
  return (device, enforcer) => {
    const name = enforcer === undefined ? device : memoName(device, enforcer)
    const log: Logger = base.log.child({ device: name })
    return {
      device: name,
      clock: base.clock,
      log,
      runtimeFolder: folders.get(name) ?? config.runtimeFolder,
      secret: (reference) => readSecret(reference, base.env, config.folder),
      remember: (memo) =>
        ledger.commit(() => ({ events: [{ type: 'memo', device: name, memo }], answer: undefined }), {
          bytes: 1_024 + 6 * memo.length,
          // One that forgets something belongs to a release, and those always work.
          always: memo.length < (ledger.head.memos.get(name)?.length ?? 0),
        }),
      recall: () => ledger.head.memos.get(name),
    }
  }
}

function memoName(device: string, enforcer: string): string {
  return `${device}/${enforcer}`
}

/** A long name would make the path of a Unix socket longer than the kernel takes. */
function folderName(name: string): string {
  const plain = name.replaceAll('/', '+')
  return plain.length <= 24 ? plain : `${plain.slice(0, 15)}-${hash('sha256', name, 'hex').slice(0, 8)}`
}
