import type { Adapter } from '../../adapters/adapter.ts'
import type { WitnessAdapter } from '../../adapters/witness.ts'
import { parseDuration } from '../domain/duration.ts'
import type { Device, Enforcer } from '../inventory/inventory.ts'
import type { Path, Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'
import { schemaErrors } from './yaml-file.ts'

export interface Registry {
  readonly adapters: ReadonlyMap<string, Adapter>
  readonly witnesses: ReadonlyMap<string, WitnessAdapter>
}

type DeviceFile = ConfigFile['devices'][number]
type EnforcerFile = NonNullable<DeviceFile['enforcers']>[number]

/** The devices that can be used; what is wrong with the others is among the problems. */
export function readDevices(
  devices: readonly DeviceFile[],
  registry: Registry,
  problems: Problems,
): Device[] {
  problems.refuseDoubles(['devices'], devices)
  return devices.flatMap((device, index) => readDevice(device, ['devices', index], registry, problems) ?? [])
}

function readDevice(
  device: DeviceFile,
  path: Path,
  { adapters, witnesses }: Registry,
  problems: Problems,
): Device | undefined {
  const { name, kind, config = {}, enforcers = [], urpf = false } = device
  problems.refuseDoubles([...path, 'enforcers'], enforcers)
  const read = enforcers.map((enforcer, at) =>
    readEnforcer(enforcer, [...path, 'enforcers', at], witnesses, problems),
  )
  const adapter = adapters.get(kind)
  if (adapter === undefined) {
    problems.add(
      [...path, 'kind'],
      `there is no adapter '${kind}'; known are ${[...adapters.keys()].join(', ')}`,
    )
    return undefined
  }
  if (!isUsable(adapter, config, [...path, 'config'], problems)) return undefined
  return { name, kind, config, capabilities: adapter.capabilities(config as never), enforcers: read, urpf }
}

function readEnforcer(
  { name, witness, seenWithin }: EnforcerFile,
  path: Path,
  witnesses: Registry['witnesses'],
  problems: Problems,
): Enforcer {
  const within =
    seenWithin === undefined
      ? undefined
      : problems.take([...path, 'seenWithin'], () => parseDuration(seenWithin))
  if (witness !== undefined) checkWitness(witness, [...path, 'witness'], witnesses, problems)
  return {
    name,
    ...(witness === undefined ? {} : { witness: { kind: witness.kind, config: witness.config ?? {} } }),
    ...(within === undefined ? {} : { seenWithin: within }),
  }
}

function checkWitness(
  { kind, config = {} }: NonNullable<EnforcerFile['witness']>,
  path: Path,
  witnesses: Registry['witnesses'],
  problems: Problems,
): void {
  const adapter = witnesses.get(kind)
  if (adapter !== undefined) isUsable(adapter, config, [...path, 'config'], problems)
  else
    problems.add(
      [...path, 'kind'],
      `there is no witness '${kind}'; known are ${[...witnesses.keys()].join(', ')}`,
    )
}

/** By its schema, and by what an adapter knows beyond that. */
function isUsable(
  adapter: Pick<Adapter, 'configSchema'> & { whyUnusable?(config: never): string | undefined },
  config: unknown,
  path: Path,
  problems: Problems,
): boolean {
  const wrong = schemaErrors(adapter.configSchema, config)
  for (const error of wrong) problems.add([...path, ...error.path], error.message)
  if (wrong.length > 0) return false
  const why = adapter.whyUnusable?.(config as never)
  if (why !== undefined) problems.add(path, why)
  return why === undefined
}
