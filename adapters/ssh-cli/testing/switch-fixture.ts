import type { SshCliConfig } from '../config.ts'

/** The same device, where a switch of this name may be put down too; of the kind that the others are of. */
export function allowing({ interfaces, neighbours, ...config }: SshCliConfig, name: string): SshCliConfig {
  return {
    ...config,
    ...(interfaces === undefined ? {} : { interfaces: [...interfaces, name] }),
    ...(neighbours === undefined ? {} : { neighbours: [...neighbours, name] }),
  }
}
