import type { LedgerEvent, Recorded } from '../app/follow-events.ts'
import { targetText } from '../domain/target.ts'
import { actionJson, endText, specJson, timeText } from './block-json.ts'
import { EVENT_SCHEMA } from './event-form.ts'
import { pick } from './pick.ts'
import type { EventBody, EventJson, EventName } from './schemas-events.ts'
import { MESSAGES_TOLD } from './told-messages.ts'
import { REQUESTS_TOLD } from './told-requests.ts'

type Type = LedgerEvent['type']
type Of<T extends Type> = Extract<LedgerEvent, { type: T }>
type Told = { readonly [N in EventName]: { readonly type: N } & EventBody<N> }[EventName]

/** How each event is told. Personal data may be gone from it; what stays inside is not in here. */
const TOLD: { readonly [T in Type]: (event: Of<T>, redacted: boolean) => Told } = {
  'block.created': (event, redacted) => ({
    type: 'block.created',
    ...recordOf(event, redacted),
    ...pick(event, 'emergency'),
  }),
  'block.proposed': (event, redacted) => ({ type: 'block.proposed', ...recordOf(event, redacted) }),
  'block.reproposed': ({ block, by, proposal }, redacted) => ({
    type: 'block.reproposed',
    ...nameOf(block),
    by,
    ...(redacted ? {} : { asks: proposal.asks, digest: proposal.digest }),
  }),
  'block.approved': (event) => ({
    type: 'block.approved',
    ...nameOf(event.block),
    by: event.by,
    person: event.person,
    ...pick(event, 'digest', 'agreement'),
    begins: event.begins,
    ...(event.expansion === undefined ? {} : { covers: event.expansion }),
    until: endText(event.until),
  }),
  'block.covers': (event) => ({
    type: 'block.covers',
    ...nameOf(event.block),
    by: event.by,
    ...(event.expansion === undefined ? {} : { covers: event.expansion, before: event.before }),
    ...pick(event, 'why'),
  }),
  'block.moved': (event) => ({
    type: 'block.moved',
    ...nameOf(event.block),
    by: event.by,
    ...(event.prefix === undefined ? {} : { covers: [event.prefix], before: [event.before] }),
    ...pick(event, 'why'),
  }),
  'block.flagged': (event) => ({
    type: 'block.flagged',
    ...nameOf(event.block),
    by: event.by,
    ...pick(event, 'why'),
  }),
  'block.grows': (event) => ({
    type: 'block.grows',
    ...nameOf(event.block),
    by: event.by,
    ...(event.proposal === undefined ? {} : { asks: event.proposal.asks, digest: event.proposal.digest }),
  }),
  'inventory.loaded': ({ digest, by }) => ({ type: 'inventory.loaded', digest, by }),
  'block.declined': (event) => ({
    type: 'block.declined',
    ...nameOf(event.block),
    by: event.by,
    ...pick(event, 'why'),
  }),
  'block.amended': (event) => ({
    type: 'block.amended',
    ...nameOf(event.block),
    by: event.by,
    ...(event.until === undefined ? {} : { until: endText(event.until) }),
    ...pick(event, 'reason', 'ticket', 'why'),
  }),
  'block.released': (event) => ({
    type: 'block.released',
    ...nameOf(event.block),
    by: event.by,
    ...pick(event, 'why'),
  }),
  'block.expired': ({ block }) => ({ type: 'block.expired', ...nameOf(block) }),
  'block.counted': ({ block, packets, bytes, devices }) => ({
    type: 'block.counted',
    ...nameOf(block),
    ...{ packets, bytes, devices },
  }),
  milestones: (event) => ({
    type: 'blocks.reached',
    device: event.device,
    reached: event.reached,
    blocks: event.blocks,
    ...pick(event, 'words'),
  }),
  memo: ({ device }) => ({ type: 'device.noted', device }),
  'device.held': (event) => ({
    type: 'device.held',
    device: event.device,
    by: event.by,
    until: timeText(event.until),
    ...pick(event, 'reason'),
  }),
  'device.freed': ({ device, by }) => ({ type: 'device.freed', device, by }),
  'token.created': (event) => ({
    type: 'token.created',
    token: event.token,
    ...pick(event, 'name'),
    scopes: event.scopes,
    roles: event.roles,
    origin: event.origin,
    ...pick(event, 'person', 'departments'),
    session: event.session === true,
    until: endText(event.until),
    by: event.by,
  }),
  'token.revoked': ({ token, by }) => ({ type: 'token.revoked', token, by }),
  'person.known': (event) => ({
    type: 'person.known',
    person: event.person,
    ...pick(event, 'name'),
    roles: event.roles,
    ...pick(event, 'departments'),
    by: event.by,
  }),
  'person.left': ({ person, by }) => ({ type: 'person.left', person, by }),
  'breaker.tripped': ({ breaker, limit, source }) => ({ type: 'breaker.tripped', breaker, limit, source }),
  'breaker.reset': ({ breaker, by }) => ({ type: 'breaker.reset', breaker, by }),
  'automation.frozen': (event) => ({ type: 'automation.frozen', by: event.by, ...pick(event, 'reason') }),
  'automation.thawed': ({ by }) => ({ type: 'automation.thawed', by }),
  'automation.panicked': ({ blocks, by }) => ({ type: 'automation.panicked', blocks, by }),
  'source.muted': (event) => ({
    type: 'source.muted',
    token: event.token,
    by: event.by,
    ...pick(event, 'reason'),
  }),
  'source.unmuted': ({ token, by }) => ({ type: 'source.unmuted', token, by }),
  ...REQUESTS_TOLD,
  ...MESSAGES_TOLD,
  'request.answered': ({ token, blocks }) => ({ type: 'request.answered', token, blocks }),
  'trigger.taken': (event, redacted) => ({
    type: 'trigger.taken',
    ...{ trigger: event.trigger, source: event.source, format: event.format, kind: event.kind },
    ...{ category: event.category, role: event.role, revision: event.revision },
    ...{ verdict: event.verdict, deed: event.deed, tried: [...event.tried] },
    ...pick(event, 'policy', 'rule', 'why', 'attack'),
    ...(event.block === undefined ? {} : nameOf(event.block)),
    ...(redacted ? {} : { target: targetText(event.record.target), id: event.record.id }),
  }),
  'read.recorded': (event) => ({
    type: 'read.recorded',
    by: event.by,
    what: event.what,
    ...pick(event, 'about'),
    ...(event.block === undefined ? {} : nameOf(event.block)),
  }),
  redacted: ({ events, blocks, requests, rule, by }) => ({
    type: 'events.redacted',
    ...{ events, blocks },
    ...(requests === undefined ? {} : { requests }),
    ...(rule === undefined ? {} : { rule }),
    by,
  }),
}

/** Names that are told otherwise than they stand in the ledger. */
const NAMED_OTHERWISE = {
  'blocks.reached': 'milestones',
  'device.noted': 'memo',
  'events.redacted': 'redacted',
} as const satisfies { readonly [N in Exclude<EventName, Type>]: Type }

/** The type in the ledger of what is told under this name. */
export function typeOf(name: EventName): Type {
  return name in NAMED_OTHERWISE
    ? NAMED_OTHERWISE[name as keyof typeof NAMED_OTHERWISE]
    : (name as Exclude<EventName, keyof typeof NAMED_OTHERWISE>)
}

/** An event in its public form. */
export function eventJson({ seq, at, event, redacted }: Recorded): EventJson {
  const tell = TOLD[event.type] as (event: LedgerEvent, redacted: boolean) => Told
  return { schema: EVENT_SCHEMA, seq, at: timeText(at), redacted, ...tell(event, redacted) } as EventJson
}

function nameOf(block: number) {
  return { block, name: `Cordon#${block}` }
}

function recordOf(event: Of<'block.created'> | Of<'block.proposed'>, redacted: boolean) {
  return {
    ...nameOf(event.block),
    ...(redacted ? bareSpec(event) : specJson(event)),
    targetKind: event.shape.target,
    ...pick(event.shape, 'family', 'prefixLength'),
    origin: event.origin,
    ...pick(event, 'reason', 'ticket'),
    until: endText(event.until),
    policy: event.policy,
    ...pick(event, 'category', 'advice'),
    ...pick(event, 'departments'),
    ...(event.expansion === undefined ? {} : { covers: event.expansion }),
    ...(event.proposal === undefined ? {} : { asks: event.proposal.asks, digest: event.proposal.digest }),
  }
}

function bareSpec({ direction, action, collateral, scope }: Of<'block.created'> | Of<'block.proposed'>) {
  return {
    direction,
    action: actionJson(action),
    collateral,
    scope,
  }
}
