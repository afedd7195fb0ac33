import { dirname, join, resolve } from 'node:path'
import { parseDuration } from '../domain/duration.ts'
import { type Prefix, parsePrefix } from '../domain/prefix.ts'
import { whyNotListen } from '../domain/safe-listening.ts'
import { DEFAULT_LIMITS, type Limits } from '../guards/limits.ts'
import { buildInventory, type Device, type Inventory, readReachable } from '../inventory/inventory.ts'
import type { PlacementRule } from '../placement/table.ts'
import { type Registry, readDevices } from './devices.ts'
import { type LoadedLogin, readLogin } from './login.ts'
import { type Path, Problems } from './problems.ts'
import { type ConfigFile, ConfigSchema, type PlacementsFile, PlacementsSchema } from './schema.ts'
import { ConfigError, type Problem, readYamlFile, type YamlFile } from './yaml-file.ts'

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
  /** Where people log in, and what that is worth. */
  readonly login?: LoadedLogin
}

/** Reads `cordon.yaml` and the placement table that it names. @throws ConfigError with every problem found */
export async function loadConfig(path: string, registry: Registry): Promise<LoadedConfig> {
  const file = await readYamlFile(path, ConfigSchema)
  const { data } = file
  const folder = dirname(resolve(path))
  const found = new Problems(file)
  const inventory = readInventory(data, registry, found)
  const placementsPath = resolve(folder, data.placements ?? 'policies/placement.yaml')
  const placements = await readYamlFile(placementsPath, PlacementsSchema)
  const retainEndedMs =
    found.take(['ledger', 'retainEnded'], () => parseDuration(data.ledger?.retainEnded ?? '24h')) ?? 0
  const listen = listenOf(data, folder)
  const unsafe = whyNotListen(listen)
  if (unsafe !== undefined) found.add(['listen', 'host'], unsafe)
  const limits = limitsOf(data, found)
  const login = readLogin(data.login, inventory, listen, found)
  const problems = [...found.list, ...unknownDevices(placements, data)]
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
    limits,
    ...(login === undefined ? {} : { login }),
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

function limitsOf({ limits }: ConfigFile, found: Problems): Limits {
  const site = limits ?? {}
  const { lapse, emergency, ...proposals } = site.proposals ?? {}
  const lasting = (name: string, text: string | undefined) =>
    text === undefined ? undefined : found.take(['limits', 'proposals', name], () => parseDuration(text))
  return {
    wide: { ...DEFAULT_LIMITS.wide, ...site.wide },
    proposals: {
      ...DEFAULT_LIMITS.proposals,
      ...proposals,
      ...defined({ lapse: lasting('lapse', lapse), emergency: lasting('emergency', emergency) }),
    },
    active: { ...DEFAULT_LIMITS.active, ...site.active },
    breaker: { ...DEFAULT_LIMITS.breaker, ...site.breaker },
    spoofableSources: site.spoofableSources ?? DEFAULT_LIMITS.spoofableSources,
    plan: { ...DEFAULT_LIMITS.plan, ...site.plan },
  }
}

/** Without what is not there. */
function defined<T extends object>(fields: T): { [N in keyof T]?: Exclude<T[N], undefined> } {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as { [N in keyof T]?: Exclude<T[N], undefined> }
}

/** A device that is there and wrong is not also unknown. */
function deviceNames({ devices }: Pick<ConfigFile, 'devices'>): Set<string> {
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

/** Reads lists of the site whose items each have a prefix; those whose prefix is wrong are problems, and left out. */
function prefixedReader(problems: Problems) {
  return <T extends { prefix: string }>(list: string, entries: readonly T[], read = parsePrefix) =>
    entries.flatMap((entry, index) => {
      const prefix = problems.take(['site', list, index, 'prefix'], () => read(entry.prefix))
      return prefix === undefined ? [] : [{ ...entry, prefix }]
    })
}

/** Everything that the site has said about itself, checked as a whole. */
function readInventory({ site, devices }: ConfigFile, registry: Registry, problems: Problems): Inventory {
  const prefixes = (path: Path, texts: readonly string[]): Prefix[] =>
    texts.flatMap((text, index) => problems.take([...path, index], () => parsePrefix(text)) ?? [])
  const withPrefix = prefixedReader(problems)
  const departments = (site.departments ?? []).map(({ name, prefixes: texts, users }, index) => ({
    name,
    users: users ?? 0,
    prefixes: prefixes(['site', 'departments', index, 'prefixes'], texts),
  }))
  const connections = (site.connections ?? []).map(({ prefixes: texts, ...rest }, index) => ({
    ...rest,
    prefixes: prefixes(['site', 'connections', index, 'prefixes'], texts),
  }))
  for (const [list, entries] of Object.entries({ departments, connections, ingress: site.ingress ?? [] }))
    problems.refuseDoubles(['site', list], entries)
  const inventory = buildInventory({
    own: prefixes(['site', 'own'], site.own),
    departments,
    connections,
    addresses: withPrefix('addresses', site.addresses ?? []).map((range) => ({
      ...range,
      users: range.users ?? 1,
    })),
    hostUnits: withPrefix('hostUnits', site.hostUnits ?? []),
    protected: withPrefix('protected', site.protected ?? []).map((entry) => ({
      ...entry,
      role: entry.role ?? 'any',
    })),
    reachable: withPrefix('reachable', site.reachable ?? [], readReachable),
    consent: withPrefix('consent', site.consent ?? []),
    devices: readDevices(devices, registry, problems),
    ingress: site.ingress ?? [],
  })
  refuseUnknownIngress({ site, devices }, inventory.devices, problems)
  refuseSharedSpace(departments, problems)
  return inventory
}

function refuseUnknownIngress(
  { site, devices }: Pick<ConfigFile, 'site' | 'devices'>,
  built: ReadonlyMap<string, Device>,
  problems: Problems,
): void {
  const names = deviceNames({ devices })
  for (const [index, { coveredBy }] of (site.ingress ?? []).entries()) {
    for (const [at, place] of coveredBy.entries()) {
      const [device = '', router] = place.split('/')
      const words = names.has(device)
        ? whyNoRouter(built.get(device), router)
        : `there is no device '${device}'`
      if (words !== undefined) problems.add(['site', 'ingress', index, 'coveredBy', at], words)
    }
  }
}

/** An address that belongs to two departments would be shown to both. */
function refuseSharedSpace(
  departments: readonly { name: string; prefixes: readonly Prefix[] }[],
  problems: Problems,
): void {
  for (const [index, department] of departments.entries()) {
    for (const other of departments.slice(0, index)) {
      const shared = department.prefixes.find((prefix) => other.prefixes.includes(prefix))
      if (shared !== undefined)
        problems.add(
          ['site', 'departments', index, 'prefixes'],
          `${shared} belongs to department ${other.name} already`,
        )
    }
  }
}
