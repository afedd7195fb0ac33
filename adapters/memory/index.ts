import { type Static, Type } from 'typebox'
import { parseAccount, realmOf } from '../../src/domain/identity.ts'
import { COMPONENT_NAMES } from '../../src/domain/match.ts'
import {
  ATTACHMENT_KINDS,
  IDENTITY_KINDS,
  identityRule,
  isIdentityKind,
  isSwitchKind,
  isSwitchName,
  type RuleKind,
  type SwitchKind,
  type SwitchRule,
  switchRule,
} from '../../src/domain/rule.ts'
import { type Adapter, AdapterError, type Capabilities } from '../adapter.ts'
import { MemoryDevice } from './device.ts'
import { MemorySession } from './session.ts'

const KINDS = ['flow', 'acl', 'd-rtbh', 's-rtbh'] as const
const ACTIONS = ['drop', 'rate-limit'] as const
const IDENTITY_ACTIONS = ['suspend', 'drop', 'quarantine'] as const
const FAMILIES = [4, 6] as const

const memoryConfig = Type.Object(
  {
    maxEntries: Type.Optional(Type.Integer({ minimum: 1, description: 'How many rules it holds.' })),
    latencyMs: Type.Optional(Type.Integer({ minimum: 0, description: 'How long each call takes.' })),
    batch: Type.Optional(Type.Integer({ minimum: 1, description: 'The most rules in one change.' })),
    counts: Type.Optional(Type.Boolean({ description: 'Whether it has counters.' })),
    inFlight: Type.Optional(Type.Integer({ minimum: 1, description: 'How many changes at once.' })),
    evidence: Type.Optional(
      Type.Enum(['enforcer', 'speaker', 'none'], { description: 'What its word is worth.' }),
    ),
    kinds: Type.Optional(
      Type.Array(Type.Enum([...KINDS, ...ATTACHMENT_KINDS, ...IDENTITY_KINDS]), {
        uniqueItems: true,
        description: 'Rule kinds; all but those of accounts and stations when left out.',
      }),
    ),
    components: Type.Optional(
      Type.Array(Type.Enum([...COMPONENT_NAMES]), {
        uniqueItems: true,
        description: 'Components it can match; all when left out.',
      }),
    ),
    actions: Type.Optional(
      Type.Array(Type.Enum([...ACTIONS, 'suspend', 'quarantine']), {
        uniqueItems: true,
        description: 'Actions; all that its kinds can have when left out.',
      }),
    ),
    exceptions: Type.Optional(
      Type.Boolean({ description: 'Whether its access lists make exceptions; they do when left out.' }),
    ),
    keeps: Type.Optional(
      Type.Boolean({
        description: 'Whether its access lists leave out control traffic; they do when left out.',
      }),
    ),
    flowOrder: Type.Optional(
      Type.Literal('rfc8955', { description: 'Whether only the first flow rule that matches counts.' }),
    ),
    switches: Type.Optional(
      Type.Record(Type.String(), Type.Enum(['up', 'down', 'absent']), {
        description:
          'What may be put down, and where each stands at the start; an absent one it does not have.',
      }),
    ),
    families: Type.Optional(
      Type.Array(Type.Enum([...FAMILIES]), {
        uniqueItems: true,
        description: 'Address families; both when left out.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Of a memory device in cordon.yaml. */
export type MemoryConfig = Static<typeof memoryConfig>

/**
 * A device that lives in this process: to try policies without a network, and for tests. `devices` holds each
 * device's rules by its name, so that whoever shares the map can look at them.
 */
export function createMemoryAdapter(
  devices: Map<string, MemoryDevice> = new Map(),
  reachable: () => boolean = () => true,
): Adapter<typeof memoryConfig> {
  return {
    kind: 'memory',
    configSchema: memoryConfig,
    whyUnusable,
    capabilities: memoryCapabilities,
    async open(config, env) {
      if (!reachable()) throw new AdapterError('unreachable', `${env.device} does not answer`)
      const device = devices.get(env.device) ?? new MemoryDevice()
      devices.set(env.device, device)
      const known = switchesOf(config)
      for (const { key, name } of known) {
        const at = config.switches?.[name] ?? 'absent'
        if (at !== 'absent' && !device.switches.has(key)) device.switches.set(key, at)
      }
      return new MemorySession(device, env, memoryCapabilities(config), config.latencyMs ?? 0, known)
    },
  }
}

function whyUnusable({ kinds = [], switches = {} }: MemoryConfig): string | undefined {
  const names = Object.keys(switches)
  const wrong = names.find((name) => !isSwitchName(name) && !isAccount(name))
  if (wrong !== undefined) return `switches: '${wrong}' names no interface, neighbour or account`
  const without = kinds.find((kind) => isTurned(kind) && !names.some((name) => isOf(kind, name)))
  return without === undefined
    ? undefined
    : `kinds: ${without} needs switches, the names of what can be put down`
}

type TurnedKind = Exclude<SwitchKind, 'no-session'>

function isTurned(kind: RuleKind): kind is TurnedKind {
  return isSwitchKind(kind) && kind !== 'no-session'
}

function isAccount(name: string): boolean {
  return name.includes('@') && parseAccount(name) === name
}

function isOf(kind: TurnedKind, name: string): boolean {
  return name.includes('@') === (kind === 'account-locked')
}

function kindsOf({ kinds, switches }: MemoryConfig): Capabilities['kinds'] {
  return kinds ?? (switches === undefined ? KINDS : [...KINDS, ...ATTACHMENT_KINDS])
}

function actionsOf(config: MemoryConfig): Capabilities['actions'] {
  const kinds = kindsOf(config)
  const of = kinds.every(isIdentityKind) ? [] : ACTIONS
  return kinds.some(isIdentityKind) ? [...new Set([...of, ...IDENTITY_ACTIONS])] : of
}

function switchesOf(config: MemoryConfig): SwitchRule[] {
  const names = Object.keys(config.switches ?? {})
  return kindsOf(config)
    .filter(isTurned)
    .flatMap((kind) => names.filter((name) => isOf(kind, name)).map((name) => ruleOf(kind, name)))
}

function ruleOf(kind: TurnedKind, name: string): SwitchRule {
  return kind === 'account-locked' ? identityRule(kind, name) : switchRule(kind, name)
}

function realmsOf({ switches = {} }: MemoryConfig): string[] {
  const accounts = Object.keys(switches).filter((name) => name.includes('@'))
  return [...new Set(accounts.map(realmOf))]
}

function memoryCapabilities(config: MemoryConfig): Capabilities {
  return {
    kinds: kindsOf(config),
    components: config.components ?? COMPONENT_NAMES,
    exceptions: config.exceptions ?? true,
    keeps: config.keeps ?? true,
    actions: config.actions ?? actionsOf(config),
    families: config.families ?? FAMILIES,
    evidence: config.evidence ?? 'enforcer',
    transactional: false,
    maxEntries: config.maxEntries ?? 1_000_000,
    batch: config.batch ?? 1_000,
    inFlight: config.inFlight ?? 4,
    counts: config.counts ?? false,
    ...(config.switches === undefined ? {} : { switches: Object.keys(config.switches) }),
    ...(realmsOf(config).length === 0 ? {} : { realms: realmsOf(config) }),
    ...(config.flowOrder === undefined ? {} : { flowOrder: config.flowOrder }),
  }
}
