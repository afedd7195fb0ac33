import { Type } from 'typebox'
import { InputError, within } from '../domain/input-error.ts'
import { isHostPrefix, type Prefix, parsePrefix, prefixAddress } from '../domain/prefix.ts'
import { readTime, type TriggerInput, type TriggerKind } from '../domain/trigger.ts'
import { checked } from './checked.ts'
import { shapeOf } from './conversations.ts'
import { advancedSchema, readAdvanced } from './fastnetmon-advanced.ts'
import { readReport } from './fastnetmon-report.ts'
import type { Said } from './fastnetmon-said.ts'
import type { FormatContext, Reading, TriggerFormat } from './format.ts'

/** What `integrations/fastnetmon/cordon-notify` posts; without a direction the report is the Advanced edition's JSON. */
const notifySchema = Type.Object(
  {
    ip: Type.String({ maxLength: 45, description: 'an address' }),
    direction: Type.String({ maxLength: 40, description: 'incoming or outgoing' }),
    pps: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    action: Type.String({ maxLength: 40, description: 'ban, attack_details or unban' }),
    report: Type.String({ maxLength: 70_000, description: 'what FastNetMon wrote to the script' }),
    at: Type.String({ maxLength: 40, description: 'a time with a zone' }),
    revision: Type.Optional(
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: '`at` in ms, or more' }),
    ),
    run: Type.String({ maxLength: 60, description: 'the process that called the script' }),
  },
  { additionalProperties: false },
)

const KINDS: ReadonlyMap<string, TriggerKind> = new Map([
  ['ban', 'open'],
  ['partial_block', 'open'],
  ['attack_details', 'update'],
  ['unban', 'close'],
])
const ROLES = new Map([
  ['incoming', 'victim'],
  ['outgoing', 'offender'],
] as const)

/**
 * FastNetMon: the JSON of the Advanced edition (web callbacks, notify script), and what our notify script makes of the
 * community edition's calls. The incident of the latter is named by address and direction, so that a close needs no memory.
 */
export const FASTNETMON: TriggerFormat = {
  name: 'fastnetmon',
  schema: Type.Union([notifySchema, advancedSchema]),
  read: (record, context) => readSaid(saidIn(record, context.now), context),
}

function saidIn(record: unknown, now: number): Said | undefined {
  const isCall = typeof record === 'object' && record !== null && 'report' in record
  if (!isCall) return readAdvanced(record, { at: now, revision: now })
  const call = checked(notifySchema, record)
  const at = within('at', () => readTime(call.at))
  const { ip, action, direction, report, run, revision = at } = call
  if (direction === '') return within('report', () => readAdvanced(parseJson(report), { at, revision }))
  const shared = { ip, action, direction, at, revision, packetsPerSecond: call.pps }
  if (direction !== 'incoming' && direction !== 'outgoing')
    return { ...shared, conversations: [], labels: {} }
  const { attackType, ...rest } = readReport(report, direction)
  return { ...shared, ...rest, labels: { ...(attackType === undefined ? {} : { attackType }), run } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InputError('invalid', 'is neither a call with a direction nor JSON that is whole')
  }
}

function readSaid(said: Said | undefined, { isOwn }: FormatContext): Reading {
  if (said === undefined) return ignored('an alert', 'it is about a group of hosts and not about one address')
  const { action, direction } = said
  const prefix = within('ip', () => readHost(said.ip))
  const what = `${action} of ${prefixAddress(prefix)}`
  const [kind, role] = [KINDS.get(action), ROLES.get(direction as 'incoming')]
  if (kind === undefined) return ignored(what, `nothing is known of the action '${action}'`)
  if (role === undefined)
    return ignored(what, `traffic that is '${direction}' has neither victim nor offender`)
  // What was ours when it began may not be any more, and must end all the same.
  if (role === 'victim' && kind !== 'close' && !isOwn(prefix))
    return ignored(what, 'the victim is not in own space')
  const base = triggerBase(said, prefix, role)
  return {
    triggers: [kind === 'close' ? closing(base, said) : { ...base, kind, ...told(said) }],
    ignored: [],
  }
}

function ignored(what: string, why: string): Reading {
  return { triggers: [], ignored: [{ what, why }] }
}

/** @throws InputError, for what FastNetMon once announced instead of a host, too (its issue 894) */
function readHost(ip: string): Prefix {
  const prefix = parsePrefix(ip)
  if (!isHostPrefix(prefix) || /^(0\.0\.0\.0|::)\//.test(prefix))
    throw new InputError('invalid', `'${ip}' is not the address of a host`)
  return prefix
}

function triggerBase(said: Said, prefix: Prefix, role: 'victim' | 'offender') {
  const address = prefixAddress(prefix)
  return {
    id: said.id ?? `fastnetmon/${address}/${said.direction}`,
    revision: said.revision,
    target: address,
    role,
    category: 'dos.volumetric' as const,
    detectedAt: new Date(said.at).toISOString(),
    evidence: 'spoofable' as const,
  }
}

function closing(base: Omit<TriggerInput, 'kind'>, { labels }: Said): TriggerInput {
  return { ...base, kind: 'close', ceasedAt: base.detectedAt, labels }
}

function told(said: Said): Omit<Partial<TriggerInput>, 'id' | 'kind'> & Pick<TriggerInput, 'category'> {
  const { packetsPerSecond, bitsPerSecond, protocol, conversations, ip } = said
  const { labels, ...shape } = shapeOf(ip, protocol, conversations)
  return {
    ...shape,
    ...(packetsPerSecond === undefined ? {} : { packetsPerSecond }),
    ...(bitsPerSecond === undefined ? {} : { bitsPerSecond }),
    summary: summaryOf(said),
    labels: { ...said.labels, ...labels },
  }
}

function summaryOf(said: Said): string {
  const rates = [
    ...(said.packetsPerSecond === undefined ? [] : [`${said.packetsPerSecond} packets/s`]),
    ...(said.bitsPerSecond === undefined ? [] : [`${Math.round(said.bitsPerSecond / 1_000_000)} Mbit/s`]),
  ]
  const attack = ['FastNetMon:', said.direction, said.protocol, 'attack'].filter((word) => word !== undefined)
  return [attack.join(' '), ...rates].join(', ')
}
