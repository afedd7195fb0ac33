import { matchText, type PacketMatch, readMatch } from '../domain/match.ts'
import type { Ranges } from '../domain/numeric.ts'
import {
  isHostPrefix,
  type Prefix,
  parsePrefix,
  prefixFamily,
  prefixLength,
  prefixSize,
  widenPrefix,
} from '../domain/prefix.ts'
import type { Trigger } from '../domain/trigger.ts'

/** What the site knows of whom a trigger is about. */
export interface TargetFacts {
  /** `host`, `account`, `department` or `connection`. */
  readonly kind: string
  readonly text: string
  /** 4 or 6; 0 of what is no address. */
  readonly family: number
  readonly length: number
  readonly addresses: number
  /** The /24 or /48 that it is in; nothing of what is no address. */
  readonly net: string
  readonly own: boolean
  readonly departments: readonly string[]
  /** People behind it, where it is a shared address. */
  readonly users: number
  /** Whether the inventory names this very host. */
  readonly known: boolean
}

/** What was blocked before. Times are in seconds. */
export interface HistoryFacts {
  /** Blocks of this target that policies have begun within the last 30 days, without those that are still on. */
  readonly blocks: number
  /** Since the last of these began; ten years where there was none. */
  readonly since: number
  /** Blocks of this target that are on now, whoever asked for them. */
  readonly active: number
  /** How often this incident has been opened within the last day, this time included. */
  readonly opens: number
}

export interface CounterFacts {
  /** Open incidents of the same attack from the same source, this one included. */
  readonly victims: number
  /** Blocks of this source that are on. */
  readonly source: number
}

/** All that a condition may ask for. */
export interface Facts {
  readonly trigger: Trigger
  /** Name of the token that handed it over, and the form in which it came. */
  readonly source: string
  readonly format: string
  readonly target: TargetFacts
  readonly history: HistoryFacts
  readonly counters: CounterFacts
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Stands for "never" among seconds. */
export const TEN_YEARS_S = 10 * 366 * 86_400

/** What of a target follows from its text alone; `own`, `users` and the rest are the inventory's to say. */
export function shapeOfTarget({
  target,
}: Pick<Trigger, 'target'>): Omit<TargetFacts, 'own' | 'departments' | 'users' | 'known'> {
  if (target.kind !== 'host')
    return { kind: target.kind, text: target.name, family: 0, length: 0, addresses: 0, net: '' }
  const { prefix } = target
  const [family, length] = [prefixFamily(prefix), prefixLength(prefix)]
  return {
    kind: 'host',
    text: prefix,
    family,
    length,
    addresses: Number(prefixSize(prefix)),
    net: widenPrefix(prefix, Math.min(length, family === 4 ? 24 : 48)),
  }
}

/** The types of what conditions may ask for, by their names; `int` counts, seconds too. */
export const FACT_TYPES = {
  trigger: {
    source: 'string',
    format: 'string',
    kind: 'string',
    role: 'string',
    category: 'string',
    evidence: 'string',
    attack: 'string',
    tlp: 'string',
    simulated: 'bool',
    confidence: 'double',
    pps: 'double',
    bps: 'double',
    peers: 'int',
    age: 'int',
    lifetime: 'int',
    matched: 'bool',
    protocols: 'list<int>',
    ports: 'list<int>',
    sourcePorts: 'list<int>',
    destinationPorts: 'list<int>',
    labels: 'map<string, string>',
  },
  target: {
    kind: 'string',
    text: 'string',
    family: 'int',
    length: 'int',
    addresses: 'double',
    net: 'string',
    own: 'bool',
    departments: 'list<string>',
    users: 'int',
    known: 'bool',
    host: 'bool',
  },
  history: { blocks: 'int', since: 'int', active: 'int', opens: 'int' },
  counters: { victims: 'int', source: 'int' },
} as const

/** Listed once: every trigger goes through them. */
const FIELDS = Object.entries(FACT_TYPES).map(([name, types]) => [name, Object.entries(types)] as const)

type Plain = string | number | boolean | readonly (string | number)[] | Readonly<Record<string, string>>

/** The facts as conditions see them. */
export function contextOf(facts: Facts): Record<string, unknown> {
  const { trigger, target, history, counters, now } = facts
  const values: Readonly<Record<keyof typeof FACT_TYPES, Readonly<Record<string, Plain>>>> = {
    trigger: triggerValues(facts),
    target: { ...target, host: trigger.target.kind === 'host' && isHostPrefix(trigger.target.prefix) },
    history: { ...history },
    counters: { ...counters },
  }
  const context: Record<string, unknown> = { now: new Date(now) }
  for (const [name, fields] of FIELDS) {
    const from = values[name as keyof typeof FACT_TYPES]
    const to: Record<string, unknown> = {}
    for (const [field, type] of fields) to[field] = typed(type, from[field] ?? '')
    context[name] = to
  }
  return context
}

function triggerValues({ trigger, source, format, now }: Facts): Readonly<Record<string, Plain>> {
  const { kind, role, category, evidence, simulated, peers, labels } = trigger
  const components = narrowingOf(trigger)?.components
  // One literal: this is made for every trigger.
  return {
    source,
    format,
    kind,
    role,
    category,
    evidence,
    simulated,
    labels: labels ?? NO_LABELS,
    attack: trigger.attack ?? '',
    tlp: trigger.tlp ?? '',
    // Who says nothing of it is believed.
    confidence: trigger.confidence ?? 1,
    pps: trigger.packetsPerSecond ?? 0,
    bps: trigger.bitsPerSecond ?? 0,
    peers: peers?.length ?? 0,
    age: Math.max(0, (now - trigger.detectedAt) / 1_000),
    lifetime: (trigger.lifetime ?? 0) / 1_000,
    matched: components !== undefined,
    protocols: singles(components?.protocol),
    ports: singles(components?.port),
    sourcePorts: singles(components?.sourcePort),
    destinationPorts: singles(components?.destinationPort),
  }
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({})

/** The traffic of a trigger, where it says any less than everything. */
export function narrowingOf({ match, target }: Trigger): PacketMatch | undefined {
  if (match === undefined || target.kind !== 'host') return undefined
  const read = readMatch(prefixFamily(target.prefix), match)
  return matchText(read) === '' ? undefined : read
}

/** The single address at the other end of the traffic, where there is one and no more. */
export function peerOf(trigger: Trigger): Prefix | undefined {
  if (trigger.target.kind !== 'host') return undefined
  const { source, destination } = narrowingOf(trigger) ?? {}
  const [peer, ...more] =
    (source ?? destination) ? [source ?? destination] : (trigger.peers ?? []).map((one) => parsePrefix(one))
  if (peer === undefined || more.length > 0 || !isHostPrefix(peer)) return undefined
  return prefixFamily(peer) === prefixFamily(trigger.target.prefix) ? peer : undefined
}

const NONE: readonly number[] = Object.freeze([])

/** Values that are named one by one. */
function singles(ranges: Ranges | undefined): readonly number[] {
  if (ranges === undefined) return NONE
  return ranges.flatMap(([low, high]) => (low === high ? [low] : []))
}

function typed(type: string, value: Plain): unknown {
  if (type === 'int') return BigInt(Math.trunc(Number(value)))
  if (type === 'list<int>') return (value as readonly number[]).map((one) => BigInt(one))
  return value
}
