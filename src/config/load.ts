import { dirname, join, resolve } from 'node:path'
import type { Advice } from '../domain/advice.ts'
import { parseDuration } from '../domain/duration.ts'
import type { Hearing } from '../domain/hearing.ts'
import { LONGEST_PROBATION } from '../domain/request.ts'
import type { RetentionTimes } from '../domain/retention.ts'
import type { BlockingRole } from '../domain/role.ts'
import { whyNotListen } from '../domain/safe-listening.ts'
import { DEFAULT_LIMITS, type Limits } from '../guards/limits.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'
import type { LetterSources } from '../notify/letters/letter-data.ts'
import type { PlacementRule } from '../placement/table.ts'
import type { Policy } from '../policy/compile.ts'
import type { TriggerFormat } from '../triggers/format.ts'
import { FORMATS } from '../triggers/formats.ts'
import type { Source } from '../triggers/source.ts'
import { type BindingsConfig, readBindingsConfig } from './bindings.ts'
import type { Registry } from './devices.ts'
import { readHearing } from './hearing.ts'
import { type LoadedLogin, readLogin } from './login.ts'
import { type MailConfig, readMailConfig, readWebhooks, type WebhookConfig } from './mail.ts'
import { type PagerConfig, readPager, readSyslog, type SyslogConfig } from './notify.ts'
import { Problems } from './problems.ts'
import { readAdvice } from './read-advice.ts'
import { readLetters } from './read-letters.ts'
import { readMappings } from './read-mapping.ts'
import { readPolicies } from './read-policies.ts'
import { type ReadSite, readSite } from './read-site.ts'
import { readSources } from './read-sources.ts'
import { readRetention } from './retention.ts'
import { type ConfigFile, ConfigSchema, type PlacementsFile, PlacementsSchema } from './schema.ts'
import { ConfigError, type Problem, readYamlFile, type YamlFile } from './yaml-file.ts'

/** What a controller that runs has built upon: it changes with a restart alone. Folders are absolute. */
export interface FixedConfig {
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
  readonly devices: readonly Device[]
  readonly placements: readonly PlacementRule[]
  /** What decides about triggers, by priority. */
  readonly policies: readonly Policy[]
  /** What people are told to do about blocks. */
  readonly advice: readonly Advice[]
  /** Templates of mails, checked. */
  readonly letters: LetterSources
  /** Forms of triggers that the site has declared. */
  readonly mappings: readonly TriggerFormat[]
  /** What hands over nothing by itself, so that Cordon fetches. */
  readonly sources: readonly Source[]
  readonly bindings: BindingsConfig
  readonly limits: Limits
  readonly syslog?: SyslogConfig
  readonly pager?: PagerConfig
  readonly mail?: MailConfig
  readonly webhooks: readonly WebhookConfig[]
  /** Who hears of what. */
  readonly listeners: Hearing
  /** Where people log in, and what that is worth. */
  readonly login?: LoadedLogin
  /** The list that CrowdSec bouncers are told. */
  readonly crowdsec?: { readonly serve: string }
  /** What of the statistics is public, and whether nobody has to say who they are. */
  readonly statistics: {
    readonly open: boolean
    readonly smallest: number
    readonly departmentUsers: number
  }
  /** What personal data is kept for how long. */
  readonly retention: RetentionTimes
}

/** What a site has said about itself, from `cordon.yaml` and the files that it names. */
export interface LoadedInventory extends ReadSite {
  /** Everything else that stood in those files at the same moment, for `whatNeedsRestart`. */
  readonly fixed: FixedConfig
}

/** A configuration that was read and checked whole. */
export interface LoadedConfig extends FixedConfig, ReadSite {}

/** Reads `cordon.yaml` and the files that it names. @throws ConfigError with every problem found */
export async function loadConfig(path: string, registry: Registry): Promise<LoadedConfig> {
  const { fixed, ...site } = await loadInventory(path, registry)
  return { ...fixed, ...site }
}

/**
 * Reads the inventory, at any time. The whole configuration is checked with it: one with a problem anywhere is not
 * used at all. @param text stands for that of `cordon.yaml` itself
 * @throws ConfigError with every problem found, in whichever file
 */
export async function loadInventory(
  path: string,
  registry: Registry,
  text?: string,
): Promise<LoadedInventory> {
  const file = await readYamlFile(path, ConfigSchema, text)
  const { data } = file
  const folder = dirname(resolve(path))
  const found = new Problems(file)
  const site = await readSite(data, folder, registry, found)
  const placementsPath = resolve(folder, data.placements ?? 'policies/placement.yaml')
  const placements = await readYamlFile(placementsPath, PlacementsSchema)
  const policies = data.policies === undefined ? [] : await readPolicies(resolve(folder, data.policies))
  const { advice, letters } = await readTexts(data, folder, policies)
  const mappings = await readMappings(file, folder)
  const fixed = fixedOf(data, folder, site.inventory, found)
  const forms = [...FORMATS.keys(), ...mappings.map(({ name }) => name)]
  const sources = readSources(data, folder, forms, found)
  const problems = [...found.list, ...placementProblems(placements, data, site.inventory)]
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    ...site,
    files: [
      ...[resolve(path), placementsPath, ...policies.map((one) => one.file)],
      ...advice.files,
      ...letters.files,
      ...(data.mappings ?? []).map((one) => resolve(folder, one)),
      ...site.files,
    ],
    fixed: {
      ...fixed,
      devices: site.lists.devices,
      placements: placements.data.placements as readonly PlacementRule[],
      policies: policies.map(({ policy }) => policy),
      ...{ advice: advice.texts, letters: letters.sources, mappings, sources },
    },
  }
}

/** What people are told: what to do about blocks, and the templates of mails. */
async function readTexts(data: ConfigFile, folder: string, policies: Parameters<typeof readAdvice>[1]) {
  const { templates } = data.mail ?? {}
  return {
    advice:
      data.advice === undefined
        ? { texts: [], files: [] }
        : await readAdvice(resolve(folder, data.advice), policies),
    letters: await readLetters(templates === undefined ? undefined : resolve(folder, templates)),
  }
}

function fixedOf(
  data: ConfigFile,
  folder: string,
  inventory: Inventory,
  found: Problems,
): Omit<FixedConfig, 'devices' | 'placements' | 'policies' | 'advice' | 'letters' | 'mappings' | 'sources'> {
  const retainEndedMs =
    found.take(['ledger', 'retainEnded'], () => parseDuration(data.ledger?.retainEnded ?? '24h')) ?? 0
  const ledgerFolder = resolve(folder, data.ledger?.folder ?? 'var/ledger')
  const listen = listenOf(data, folder)
  const unsafe = whyNotListen(listen)
  if (unsafe !== undefined) found.add(['listen', 'host'], unsafe)
  const login = readLogin(data.login, inventory, listen, found)
  checkServed(data, found)
  const limits = limitsOf(data, found)
  return {
    listen,
    folder,
    ledger: {
      folder: ledgerFolder,
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
    bindings: readBindingsConfig(data, folder, ledgerFolder, found),
    limits,
    ...tellingOf(data, folder, found),
    ...(login === undefined ? {} : { login }),
    ...(data.crowdsec === undefined ? {} : { crowdsec: data.crowdsec }),
    statistics: publicRulesOf(data),
    retention: readRetention(data, Math.max(limits.probation, retainEndedMs), found),
  }
}

/** Who is told of what happens, and how. */
function tellingOf(
  data: ConfigFile,
  folder: string,
  found: Problems,
): Pick<FixedConfig, 'syslog' | 'pager' | 'mail' | 'webhooks' | 'listeners'> {
  const syslog = readSyslog(data, folder, found)
  const pager = readPager(data, folder, found)
  const mail = readMailConfig(data, folder, found)
  const webhooks = readWebhooks(data, folder, found)
  return {
    ...(syslog === undefined ? {} : { syslog }),
    ...(pager === undefined ? {} : { pager }),
    ...(mail === undefined ? {} : { mail }),
    ...{ webhooks, listeners: readHearing(data, mail, webhooks, found) },
  }
}

function publicRulesOf({ statistics = {} }: ConfigFile): LoadedConfig['statistics'] {
  const { public: open = false, smallest = 5, departmentUsers = 50 } = statistics
  return { open, smallest, departmentUsers }
}

function checkServed({ crowdsec, devices }: ConfigFile, found: Problems): void {
  if (crowdsec === undefined) return
  const lists = devices.filter(({ kind }) => kind === 'list').map(({ name }) => name)
  found.requireKnown(['crowdsec', 'serve'], 'device of kind list', crowdsec.serve, lists)
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

function probationOf(text: string | undefined, found: Problems): number {
  if (text === undefined) return DEFAULT_LIMITS.probation
  const ms = found.take(['limits', 'probation'], () => parseDuration(text)) ?? DEFAULT_LIMITS.probation
  if (ms > LONGEST_PROBATION) found.add(['limits', 'probation'], 'is 90d at the most')
  return ms
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
    roles: rolesOf(site.roles, found),
    breaker: { ...DEFAULT_LIMITS.breaker, ...site.breaker },
    probation: probationOf(site.probation, found),
    spoofableSources: site.spoofableSources ?? DEFAULT_LIMITS.spoofableSources,
    plan: { ...DEFAULT_LIMITS.plan, ...site.plan },
  }
}

function rolesOf(site: NonNullable<ConfigFile['limits']>['roles'], found: Problems): Limits['roles'] {
  const one = (role: BlockingRole) => {
    const { duration: text, ...rest } = site?.[role] ?? {}
    const duration =
      text === undefined
        ? undefined
        : found.take(['limits', 'roles', role, 'duration'], () => parseDuration(text))
    return { ...DEFAULT_LIMITS.roles[role], ...rest, ...defined({ duration }) }
  }
  return { analyst: one('analyst'), trigger: one('trigger') }
}

/** Without what is not there. */
function defined<T extends object>(fields: T): { [N in keyof T]?: Exclude<T[N], undefined> } {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as { [N in keyof T]?: Exclude<T[N], undefined> }
}

/** Lines that name a device that is not there, or want of one what it never can. */
function placementProblems(
  file: YamlFile<PlacementsFile>,
  config: ConfigFile,
  { devices }: Inventory,
): Problem[] {
  // A device that is there and wrong is not also unknown.
  const names = new Set(config.devices.map(({ name }) => name))
  return file.data.placements.flatMap(({ use }, line) =>
    use.flatMap(({ device, as }, index) => {
      const at = (field: string, words: string) => [
        file.problem(['placements', line, 'use', index, field], words),
      ]
      if (!names.has(device))
        return at('device', `there is no device '${device}'; known are ${[...names].join(', ')}`)
      const kinds = devices.get(device)?.capabilities.kinds
      // A device that is wrong itself can be asked nothing.
      if (kinds === undefined || kinds.includes(as)) return []
      return at('as', `${device} takes no ${as} rules; it takes ${kinds.join(', ')}`)
    }),
  )
}
