import type { Direction, SourceEvidence } from './block.ts'
import type { Category } from './category.ts'
import { parseDuration } from './duration.ts'
import { InputError, within } from './input-error.ts'
import { readMatch } from './match.ts'
import { parsePrefix, prefixFamily } from './prefix.ts'
import { readTarget, type Target } from './target.ts'

/** Begins an incident, says more about one, or ends it. */
export const TRIGGER_KINDS = ['open', 'update', 'close'] as const
export type TriggerKind = (typeof TRIGGER_KINDS)[number]

/** What the target is in the incident: who suffers, or who does it. */
export const TRIGGER_ROLES = ['victim', 'offender'] as const
export type TriggerRole = (typeof TRIGGER_ROLES)[number]

/** How freely it may be told to others (Traffic Light Protocol 2.0). */
export const TLP = ['clear', 'green', 'amber', 'amber+strict', 'red'] as const
export type Tlp = (typeof TLP)[number]

/** A detection as sources hand it over, in the words of the API. Times are RFC 3339. */
export interface TriggerInput {
  /** The source's own name of the incident; the same one for all that is said of it. */
  readonly id: string
  /** Grows with every record of one incident; what is older than the last one is ignored. */
  readonly revision: number
  readonly kind: TriggerKind
  /** An address, a prefix, `user@realm`, the MAC address of a station, `department:NAME` or `connection:NAME`. */
  readonly target: string
  readonly role: TriggerRole
  readonly category: Category
  /** Components of RFC 8955 that the traffic has, as for a block; its prefixes are of the other end. */
  readonly match?: Readonly<Record<string, unknown>>
  /** Others at the other end of the traffic, addresses and prefixes. */
  readonly peers?: readonly string[]
  readonly packetsPerSecond?: number
  readonly bitsPerSecond?: number
  /** From 0 to 1. */
  readonly confidence?: number
  readonly detectedAt: string
  /** How wrong the clock may be that says so, such as `5s`. */
  readonly clockError?: string
  readonly detectedPort?: number
  /** When it was over, where that is known. */
  readonly ceasedAt?: string
  /** How long the source says that it should last, such as `1h`. */
  readonly lifetime?: string
  /** What the address of an offender rests on; `spoofable` unless said. */
  readonly evidence?: SourceEvidence
  /** One name for many victims of one attack. */
  readonly attack?: string
  /** Where to read more: a path or an address of the source's own. */
  readonly reference?: string
  /** A sentence for people. */
  readonly summary?: string
  readonly tlp?: Tlp
  /** A test, or an exercise: it is recorded, and nothing is ever enforced. */
  readonly simulated?: boolean
  /** What else the source says that a policy may ask for. */
  readonly labels?: Readonly<Record<string, string>>
}

/** A normalised detection from outside. Times are milliseconds since 1970. */
export interface Trigger
  extends Omit<TriggerInput, 'target' | 'detectedAt' | 'ceasedAt' | 'lifetime' | 'clockError'> {
  readonly target: Target
  readonly detectedAt: number
  readonly clockError?: number
  readonly ceasedAt?: number
  /** Milliseconds. */
  readonly lifetime?: number
  readonly evidence: SourceEvidence
  readonly simulated: boolean
}

/** Longest text of a field, and most entries of a list. */
const LONGEST = 500
const MOST_PEERS = 200

/**
 * Checks what a source has handed over; its shape is known to be right.
 * @throws InputError with the path of the wrong field
 */
export function readTrigger(input: TriggerInput): Trigger {
  const { target, detectedAt, clockError, ceasedAt, lifetime, peers = [], ...rest } = input
  const read = within('target', () => readTarget(target))
  readNarrowing(read, input)
  if (peers.length > MOST_PEERS)
    throw new InputError('peers', `${peers.length} peers; at most ${MOST_PEERS} are told`, 'peers')
  for (const [index, peer] of peers.entries()) within(`peers.${index}`, () => parsePrefix(peer))
  const [detected, ceased] = [
    within('detectedAt', () => readTime(detectedAt)),
    ceasedAt === undefined ? undefined : within('ceasedAt', () => readTime(ceasedAt)),
  ]
  return {
    ...rest,
    ...(peers.length === 0 ? {} : { peers }),
    target: read,
    detectedAt: detected,
    ...(ceased === undefined ? {} : { ceasedAt: ceased }),
    ...(clockError === undefined
      ? {}
      : { clockError: within('clockError', () => parseDuration(clockError)) }),
    ...(lifetime === undefined ? {} : { lifetime: within('lifetime', () => parseDuration(lifetime)) }),
    evidence: input.evidence ?? 'spoofable',
    simulated: input.simulated ?? false,
  }
}

/** What a block would be narrowed by must be readable now: nobody is to learn it during the next attack. */
function readNarrowing(target: Target, { match, role }: TriggerInput): void {
  if (match === undefined) return
  if (target.kind !== 'host')
    throw new InputError('match-target', `only a host has a match, not a ${target.kind}`, 'match')
  const read = within('match', () => readMatch(prefixFamily(target.prefix), match))
  const taken = role === 'victim' ? 'destination' : 'source'
  if (read[taken] !== undefined)
    throw new InputError(
      'match-direction',
      `the ${role} is the ${taken}; give the other end only`,
      `match.${taken}`,
    )
}

/** Which way the traffic of an incident goes, seen from the target. */
export function directionOf({ role }: Pick<TriggerInput, 'role'>): Direction {
  return role === 'victim' ? 'to' : 'from'
}

/** @throws InputError unless it is RFC 3339 */
export function readTime(text: string): number {
  const isForm = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
  const time = isForm ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (Number.isNaN(time) || text.length > LONGEST)
    throw new InputError(
      'time',
      `'${text.slice(0, 40)}' is not a time with a zone such as 2026-11-20T18:00:00Z`,
    )
  return time
}
