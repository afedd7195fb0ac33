import { dirname, join, resolve } from 'node:path'
import type { Adapter, Capabilities } from '../../adapters/adapter.ts'
import type { WitnessAdapter } from '../../adapters/witness.ts'
import { parseDuration } from '../domain/duration.ts'
import { InputError } from '../domain/input-error.ts'
import { type Prefix, parsePrefix } from '../domain/prefix.ts'
import { whyNotListen } from '../domain/safe-listening.ts'
import { DEFAULT_LIMITS, type Limits } from '../guards/limits.ts'
import { buildInventory, type Device, type Enforcer, type Inventory } from '../inventory/inventory.ts'
import type { PlacementRule } from '../placement/table.ts'
import { type ConfigFile, ConfigSchema, type PlacementsFile, PlacementsSchema } from './schema.ts'
import { ConfigError, type Problem, readYamlFile, schemaErrors, type YamlFile } from './yaml-file.ts'

/** A configuration that was read and checked whole. Folders are absolute. */
export interface LoadedConfig {
  readonly listen: {
    readonly host: string
    readonly port: number
    readonly socket?: string
    readonly tls?: { readonly certFile: string; readonly keyFile: string }
    readonly behindTlsProxy: boolean
  }
  readonly ledger: {
    readonly folder: string
    readonly retainEndedMs: number
    readonly segmentBytes: number
    readonly checkpointEvents: number
  }
  /** The configuration's own, from which paths in it start. */
  readonly folder: string
  readonly runtimeFolder: string
  /** Where the command line of the same user finds URL and token. */
  readonly accessFile: string
  readonly logLevel: string
  readonly inventory: Inventory
  readonly placements: readonly PlacementRule[]
  readonly limits: Limits
}

export interface Registry {
  readonly adapters: ReadonlyMap<string, Adapter>
  readonly witnesses: ReadonlyMap<string, WitnessAdapter>
}

/** Reads `cordon.yaml` and the placement table that it names. @throws ConfigError with every problem found */
export async function loadConfig(path: string, registry: Registry): Promise<LoadedConfig> {
  const file = await readYamlFile(path, ConfigSchema)
  const { data } = file
  const folder = dirname(resolve(path))
  const checker = new Checker(file)
  const inventory = checker.inventory(registry)
  const placementsPath = resolve(folder, data.placements ?? 'policies/placement.yaml')
  const placements = await readYamlFile(placementsPath, PlacementsSchema)
  const retainEndedMs =
    checker.take(['ledger', 'retainEnded'], () => parseDuration(data.ledger?.retainEnded ?? '24h')) ?? 0
  const listen = listenOf(data, folder)
  const unsafe = whyNotListen(listen)
  if (unsafe !== undefined) checker.problems.push(file.problem(['listen', 'host'], unsafe))
  const problems = [...checker.problems, ...unknownDevices(placements, data)]
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    listen,
    folder,
    ledger: {
      folder: resolve(folder, data.ledger?.folder ?? 'var/ledger'),
      retainEndedMs,
      segmentBytes: data.ledger?.segmentBytes ?? 64 << 20,
      checkpointEvents: data.ledger?.checkpointEvents ?? 50_000,
    },
    runtimeFolder: resolve(folder, data.runtimeFolder ?? 'var/run'),
    accessFile: resolve(
      folder,
      data.accessFile ?? join(dirname(data.ledger?.folder ?? 'var/ledger'), 'access.json'),
    ),
    logLevel: data.logLevel ?? 'info',
    inventory,
    placements: placements.data.placements as readonly PlacementRule[],
    limits: limitsOf(data),
  }
}

function listenOf({ listen }: ConfigFile, folder: string): LoadedConfig['listen'] {
  return {
    host: listen?.host ?? '127.0.0.1',
    port: listen?.port ?? 8321,
    ...(listen?.socket === undefined ? {} : { socket: resolve(folder, listen.socket) }),
    ...(listen?.tls === undefined
      ? {}
      : {
          tls: {
            certFile: resolve(folder, listen.tls.certFile),
            keyFile: resolve(folder, listen.tls.keyFile),
          },
        }),
    behindTlsProxy: listen?.behindTlsProxy ?? false,
  }
}

function limitsOf({ limits }: ConfigFile): Limits {
  const site = limits ?? {}
  return {
    wide: { ...DEFAULT_LIMITS.wide, ...site.wide },
    active: { ...DEFAULT_LIMITS.active, ...site.active },
    breaker: { ...DEFAULT_LIMITS.breaker, ...site.breaker },
    spoofableSources: site.spoofableSources ?? DEFAULT_LIMITS.spoofableSources,
    plan: { ...DEFAULT_LIMITS.plan, ...site.plan },
  }
}

/** A device that is there and wrong is not also unknown. */
function deviceNames({ devices }: ConfigFile): Set<string> {
  return new Set(devices.map(({ name }) => name))
}

function unknownDevices(file: YamlFile<PlacementsFile>, config: ConfigFile): Problem[] {
  const devices = deviceNames(config)
  return file.data.placements.flatMap(({ use }, line) =>
    use.flatMap(({ device }, index) =>
      devices.has(device)
        ? []
        : [
            file.problem(
              ['placements', line, 'use', index, 'device'],
              `there is no device '${device}'; known are ${[...devices].join(', ')}`,
            ),
          ],
    ),
  )
}

/** A device that is wrong itself has no routers to look for. */
function whyNoRouter(device: Device | undefined, router: string | undefined): string | undefined {
  if (device === undefined || router === undefined) return undefined
  const names = device.capabilities.neighbours?.map(({ name }) => name) ?? []
  if (names.includes(router)) return undefined
  return `${device.name} speaks to no router '${router}'; known: ${names.join(', ') || 'none'}`
}

/** Collects every problem instead of stopping at the first. */
class Checker {
  readonly problems: Problem[] = []
  readonly #file: YamlFile<ConfigFile>

  constructor(file: YamlFile<ConfigFile>) {
    this.#file = file
  }

  take<T>(path: readonly (string | number)[], read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.problems.push(this.#file.problem(path, error.message))
      return undefined
    }
  }

  inventory(registry: Registry): Inventory {
    const { site, devices } = this.#file.data
    const departments = (site.departments ?? []).map(({ name, prefixes, users }, index) => ({
      name,
      users: users ?? 0,
      prefixes: this.#prefixes(['site', 'departments', index, 'prefixes'], prefixes),
    }))
    const connections = (site.connections ?? []).map(({ prefixes, ...rest }, index) => ({
      ...rest,
      prefixes: this.#prefixes(['site', 'connections', index, 'prefixes'], prefixes),
    }))
    this.#refuseDoubles(['site', 'departments'], departments)
    this.#refuseDoubles(['site', 'connections'], connections)
    this.#refuseDoubles(['devices'], devices)
    this.#refuseDoubles(['site', 'ingress'], site.ingress ?? [])
    const inventory = buildInventory({
      own: this.#prefixes(['site', 'own'], site.own),
      departments,
      connections,
      addresses: this.#withPrefix('addresses', site.addresses ?? []).map((range) => ({
        ...range,
        users: range.users ?? 1,
      })),
      hostUnits: this.#withPrefix('hostUnits', site.hostUnits ?? []),
      protected: this.#withPrefix('protected', site.protected ?? []).map((entry) => ({
        ...entry,
        role: entry.role ?? 'any',
      })),
      consent: this.#withPrefix('consent', site.consent ?? []),
      devices: devices.flatMap((device, index) => this.#device(device, index, registry) ?? []),
      ingress: site.ingress ?? [],
    })
    this.#refuseUnknownIngress(inventory.devices)
    this.#refuseSharedSpace(departments)
    return inventory
  }

  #prefixes(path: readonly (string | number)[], texts: readonly string[]): Prefix[] {
    return texts.flatMap((text, index) => this.take([...path, index], () => parsePrefix(text)) ?? [])
  }

  #withPrefix<T extends { prefix: string }>(
    list: string,
    entries: readonly T[],
  ): (Omit<T, 'prefix'> & { prefix: Prefix })[] {
    return entries.flatMap((entry, index) => {
      const prefix = this.take(['site', list, index, 'prefix'], () => parsePrefix(entry.prefix))
      return prefix === undefined ? [] : [{ ...entry, prefix }]
    })
  }

  #device(device: ConfigFile['devices'][number], index: number, registry: Registry): Device | undefined {
    const adapter = registry.adapters.get(device.kind)
    if (adapter === undefined) {
      this.problems.push(
        this.#file.problem(
          ['devices', index, 'kind'],
          `there is no adapter '${device.kind}'; known are ${[...registry.adapters.keys()].join(', ')}`,
        ),
      )
      return undefined
    }
    const config = device.config ?? {}
    const wrong = schemaErrors(adapter.configSchema, config)
    for (const { path, message } of wrong)
      this.problems.push(this.#file.problem(['devices', index, 'config', ...path], message))
    this.#refuseDoubles(['devices', index, 'enforcers'], device.enforcers ?? [])
    for (const [at, { witness }] of (device.enforcers ?? []).entries())
      this.#checkWitness(['devices', index, 'enforcers', at, 'witness'], witness, registry)
    if (wrong.length > 0) return undefined
    const capabilities: Capabilities = adapter.capabilities(config as never)
    const enforcers = (device.enforcers ?? []).map((enforcer, at) =>
      this.#enforcer(enforcer, ['devices', index, 'enforcers', at]),
    )
    return {
      name: device.name,
      kind: device.kind,
      config,
      capabilities,
      enforcers,
      urpf: device.urpf ?? false,
    }
  }

  #enforcer(
    { name, witness, seenWithin }: NonNullable<ConfigFile['devices'][number]['enforcers']>[number],
    path: readonly (string | number)[],
  ): Enforcer {
    const within =
      seenWithin === undefined
        ? undefined
        : this.take([...path, 'seenWithin'], () => parseDuration(seenWithin))
    return {
      name,
      ...(witness === undefined ? {} : { witness: { kind: witness.kind, config: witness.config ?? {} } }),
      ...(within === undefined ? {} : { seenWithin: within }),
    }
  }

  #checkWitness(
    path: readonly (string | number)[],
    witness: { kind: string; config?: unknown } | undefined,
    { witnesses }: Registry,
  ): void {
    if (witness === undefined) return
    const adapter = witnesses.get(witness.kind)
    if (adapter === undefined) {
      this.problems.push(
        this.#file.problem(
          [...path, 'kind'],
          `there is no witness '${witness.kind}'; known are ${[...witnesses.keys()].join(', ')}`,
        ),
      )
      return
    }
    for (const error of schemaErrors(adapter.configSchema, witness.config ?? {}))
      this.problems.push(this.#file.problem([...path, 'config', ...error.path], error.message))
  }

  #refuseDoubles(path: readonly (string | number)[], entries: readonly { name: string }[]): void {
    const seen = new Set<string>()
    for (const [index, { name }] of entries.entries()) {
      if (seen.has(name))
        this.problems.push(this.#file.problem([...path, index, 'name'], `'${name}' is there twice`))
      seen.add(name)
    }
  }

  #refuseUnknownIngress(built: ReadonlyMap<string, Device>): void {
    const devices = deviceNames(this.#file.data)
    for (const [index, { coveredBy }] of (this.#file.data.site.ingress ?? []).entries()) {
      for (const [at, place] of coveredBy.entries()) {
        const [device = '', router] = place.split('/')
        const words = devices.has(device)
          ? whyNoRouter(built.get(device), router)
          : `there is no device '${device}'`
        if (words !== undefined)
          this.problems.push(this.#file.problem(['site', 'ingress', index, 'coveredBy', at], words))
      }
    }
  }

  /** An address that belongs to two departments would be shown to both. */
  #refuseSharedSpace(departments: readonly { name: string; prefixes: readonly Prefix[] }[]): void {
    for (const [index, department] of departments.entries()) {
      for (const other of departments.slice(0, index)) {
        const shared = department.prefixes.find((prefix) => other.prefixes.includes(prefix))
        if (shared !== undefined)
          this.problems.push(
            this.#file.problem(
              ['site', 'departments', index, 'prefixes'],
              `${shared} belongs to department ${other.name} already`,
            ),
          )
      }
    }
  }
}
