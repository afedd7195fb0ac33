import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { durationText } from '../domain/duration.ts'
import { InputError, within } from '../domain/input-error.ts'
import { isHostPrefix, type Prefix, parsePrefix, prefixFamily, widenPrefix } from '../domain/prefix.ts'
import type { TriggerInput, TriggerKind } from '../domain/trigger.ts'
import { checked } from './checked.ts'
import { type Detects, detectedBy } from './crowdsec-scenarios.ts'
import { parseGoDuration } from './go-duration.ts'
import { labelsOf, words } from './record.ts'

const Word = Type.String({ maxLength: 1_000 })

/** A decision in an answer of CrowdSec's local API; later versions add fields. */
const DecisionSchema = Type.Object({
  id: Type.Integer({ minimum: 0 }),
  uuid: Type.Optional(Word),
  origin: Word,
  type: Word,
  scope: Word,
  value: Word,
  duration: Type.String({ maxLength: 200 }),
  scenario: Word,
  simulated: Type.Optional(Type.Boolean()),
})

/** A decision that an address, or a range of them, is to be kept out. */
export interface Ban {
  /** Number of the decision. Another ban of the same address by the same scenario has another. */
  readonly decision: number
  readonly uuid?: string
  /** The trigger's id: source, addresses, origin and scenario. So a ban that follows another one goes on with its incident. */
  readonly incident: string
  readonly prefix: Prefix
  readonly origin: string
  readonly scenario: string
  readonly simulated: boolean
  /** Milliseconds since 1970; in the past for one that is over. */
  readonly ends: number
}

/** What a decision is to Cordon: a ban, or nothing, with a sentence why. */
export type DecisionRead = Ban | { readonly what: string; readonly why: string }

/** Who answered, and when, in milliseconds since 1970. */
export interface AnswerContext {
  readonly source: string
  readonly now: number
}

/** What ids of incidents begin with that come of this source. */
export function incidentsOf(source: string): string {
  return `crowdsec/${source} `
}

/** @throws InputError with the path of what is wrong */
export function readDecision(record: unknown, { source, now }: AnswerContext): DecisionRead {
  const decision = checked(DecisionSchema, record)
  const { id, uuid, origin, scope, value, scenario, duration, simulated = false } = decision
  const why = whyNone(decision)
  if (why !== undefined) return { what: words(`${scope} ${value}`, 100), why }
  const prefix = within('value', () => readValue(scope, value))
  return {
    decision: id,
    ...(uuid === undefined || uuid === '' ? {} : { uuid }),
    incident: incidentOf(source, [prefix, origin, scenario, ...(simulated ? ['simulated'] : [])]),
    ...{ prefix, origin, scenario, simulated },
    ends: now + within('duration', () => parseGoDuration(duration)),
  }
}

/** Why a decision blocks nobody, which is no mistake of anybody's. */
function whyNone({
  origin,
  scope,
  type,
  scenario,
}: Readonly<Record<'origin' | 'scope' | 'type' | 'scenario', string>>): string | undefined {
  if (origin.toLowerCase() === 'cordon' || scenario.toLowerCase().startsWith('cordon/'))
    return 'it is a block of Cordon that has come back'
  if (!['ip', 'range'].includes(scope.toLowerCase()))
    return `it is about the scope ${words(scope, 40)}, and only addresses and ranges can be blocked`
  if (type.toLowerCase() !== 'ban')
    return `it is of the type ${words(type, 40)}, and only a ban becomes a block`
  return undefined
}

/**
 * CrowdSec takes a range by the network that its address is in: `203.0.113.70/28` is `203.0.113.64/28` to it.
 * @throws InputError
 */
function readValue(scope: string, value: string): Prefix {
  const [address = '', length, ...more] = value.trim().split('/')
  if (length === undefined) return parsePrefix(address)
  const host = parsePrefix(address)
  const width = prefixFamily(host) === 4 ? 32 : 128
  if (more.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > width)
    throw new InputError('prefix-malformed', `'${words(value, 60)}' is not an address or a range`)
  if (Number(length) === 0)
    throw new InputError('everybody', `'${words(value, 60)}' is everybody: no machine blocks that`)
  const prefix = parsePrefix(widenPrefix(host, Number(length)))
  if (scope.toLowerCase() === 'ip' && !isHostPrefix(prefix))
    throw new InputError('scope', `'${words(value, 60)}' is a range, and the scope says one address`)
  return prefix
}

/** Longest id that a trigger may have. */
const LONGEST_ID = 200

function incidentOf(source: string, parts: readonly string[]): string {
  const id = `${incidentsOf(source)}${words(parts.join(' '), 1_000)}`
  if (id.length <= LONGEST_ID) return id
  const digest = createHash('sha256').update(parts.join('\n')).digest('base64url')
  return `${incidentsOf(source)}${parts[0]} ${digest}`
}

/** People at CrowdSec's command line or console: no packet that anybody has forged is behind what they say. */
const BY_PEOPLE: ReadonlySet<string> = new Set(['cscli', 'cscli-import', 'console'])
/** Lists that others keep. */
const LISTS: ReadonlySet<string> = new Set(['capi', 'lists'])

/** What a ban is about, and what its address rests on. */
export function detectionOf({ origin, scenario }: Pick<Ban, 'origin' | 'scenario'>): Detects {
  const from = origin.toLowerCase()
  if (BY_PEOPLE.has(from)) return { category: 'listed', evidence: 'established' }
  const detected = detectedBy(scenario)
  // Elsewhere they have seen it; here the address has done nothing yet.
  return LISTS.has(from) ? { ...detected, category: 'listed' } : detected
}

/** The longest that is asked for: a list that says 100 years says for ever. */
const LONGEST_MS = 3_650 * 86_400_000

/** @param now when it is said, in milliseconds since 1970 */
export function triggerOfBan(
  ban: Ban,
  { kind, revision, now }: { readonly kind: TriggerKind; readonly revision: number; readonly now: number },
): TriggerInput {
  const { incident, prefix, origin, scenario, simulated, decision, uuid, ends } = ban
  const over = kind === 'close'
  const lasts = Math.min(ends - now, LONGEST_MS)
  return {
    id: incident,
    ...{ revision, kind, target: prefix, role: 'offender', ...detectionOf(ban) },
    detectedAt: new Date(now).toISOString(),
    ...(over ? { ceasedAt: new Date(now).toISOString() } : {}),
    ...(over || lasts <= 0 ? {} : { lifetime: durationText(lasts) }),
    summary: words(`CrowdSec ${over ? 'ends its ban of' : 'bans'} ${prefix}: ${scenario} (${origin})`),
    ...(simulated ? { simulated } : {}),
    labels: labelsOf({ origin, scenario, decision, uuid }),
  }
}

/** Says that an incident is over of which nothing but its id and its target are known any more. */
export function closeOf(
  { id, target }: { readonly id: string; readonly target: string },
  { revision, now }: { readonly revision: number; readonly now: number },
): TriggerInput {
  const at = new Date(now).toISOString()
  return {
    ...{ id, revision, kind: 'close', target, role: 'offender', category: 'listed' },
    ...{ detectedAt: at, ceasedAt: at, evidence: 'spoofable' },
    summary: words(`CrowdSec lists ${target} no more`),
  }
}
