import { type Static, type TObject, Type } from 'typebox'
import { CATEGORIES } from '../domain/category.ts'
import { RETENTION_RULES } from '../domain/retention.ts'
import { TRIGGER_KINDS, TRIGGER_ROLES } from '../domain/trigger.ts'
import { by, EVENT_SCHEMA, event, personal, time, timeOrNever } from './event-form.ts'
import { type Answer, block } from './schemas.ts'
import { ADVICE_NAME } from './schemas-advice.ts'
import { MESSAGE_EVENTS } from './schemas-message-events.ts'
import { REQUEST_EVENTS } from './schemas-request-events.ts'
import { DEED, TRIED, VERDICT } from './schemas-triggers.ts'

const BOUND = Type.Optional(
  Type.Array(Type.String(), { description: 'The departments that bound what is seen and done.' }),
)

const BREAKER = Type.String({ description: 'all, source:TOKEN or department:NAME.' })

const ABOUT_BLOCK = { block: Type.Integer(), name: block.properties.name }
const { direction, action, collateral, scope, match, origin, category } = block.properties

const COVERS = Type.Optional(
  Type.Array(Type.String(), { description: 'Its prefixes, of a target that is a name. Absent when erased.' }),
)
const ASKS = Type.Optional(Type.Array(Type.String(), { description: 'Why one person is not enough.' }))

const RECORD = {
  ...ABOUT_BLOCK,
  target: personal('What is blocked.'),
  match,
  direction,
  action,
  collateral,
  scope,
  targetKind: Type.String({ description: 'host, department or connection.' }),
  family: Type.Optional(Type.Integer({ description: '4 or 6, of a host.' })),
  prefixLength: Type.Optional(Type.Integer()),
  origin,
  reason: personal('Why.'),
  ticket: personal('Such as RT#4711.'),
  until: timeOrNever,
  policy: Type.String({ description: 'The rule that decided.' }),
  category,
  advice: ADVICE_NAME,
  departments: Type.Optional(
    Type.Array(Type.String(), { description: 'That the target was in then; absent where there were none.' }),
  ),
  covers: COVERS,
  asks: ASKS,
  digest: personal('Of the plan that people agree to.'),
}

/** By the public name of the event. */
export const EVENTS = {
  'block.created': event('block.created', 'A block was recorded.', {
    ...RECORD,
    emergency: Type.Optional(
      Type.Boolean({ description: 'One person let it begin; it ends soon unless others agree.' }),
    ),
  }),
  'block.proposed': event('block.proposed', 'A block awaits the agreement of people.', RECORD),
  'block.reproposed': event('block.reproposed', 'What a block has become by now is proposed instead.', {
    ...ABOUT_BLOCK,
    by,
    asks: ASKS,
    digest: personal('Of the plan that people agree to.'),
  }),
  'block.approved': event('block.approved', 'Somebody agreed to a block.', {
    ...ABOUT_BLOCK,
    by,
    person: Type.String({ description: 'Id of the person.' }),
    digest: personal('Of the plan that was shown to them.'),
    agreement: personal('What the participant of a connection said.'),
    begins: Type.Boolean({ description: 'Whether enough people have agreed, so that it begins.' }),
    covers: COVERS,
    until: timeOrNever,
  }),
  'block.covers': event('block.covers', 'A block covers something else, by the inventory as it is now.', {
    ...ABOUT_BLOCK,
    by,
    covers: COVERS,
    before: COVERS,
    why: personal('Why.'),
  }),
  'block.moved': event('block.moved', 'Whom a block is about has another address, and it goes with them.', {
    ...ABOUT_BLOCK,
    by,
    covers: COVERS,
    before: COVERS,
    why: personal('Why.'),
  }),
  'block.flagged': event('block.flagged', 'A person should look at a block; without why, not any more.', {
    ...ABOUT_BLOCK,
    by,
    why: personal('Why.'),
  }),
  'block.grows': event(
    'block.grows',
    'The target of a block has grown: people are asked whether it covers more.',
    {
      ...ABOUT_BLOCK,
      by,
      asks: ASKS,
      digest: personal('Of the plan that people agree to.'),
    },
  ),
  'inventory.loaded': event('inventory.loaded', 'Another inventory counts from here on.', {
    digest: Type.String({ description: 'Of all that was read.' }),
    by,
  }),
  'block.declined': event('block.declined', 'Somebody did not agree to a block.', {
    ...ABOUT_BLOCK,
    by,
    why: personal('What was said with it.'),
  }),
  'block.amended': event('block.amended', 'The end, the reason or the ticket of a block was changed.', {
    ...ABOUT_BLOCK,
    by,
    until: Type.Optional(timeOrNever),
    reason: personal('The new one.'),
    ticket: personal('The new one.'),
    why: personal('Why it lasts longer, where nobody has said so: what it stops goes on.'),
  }),
  'block.released': event('block.released', 'A block was ended by somebody.', {
    ...ABOUT_BLOCK,
    by,
    why: personal('What was said with it.'),
  }),
  'block.expired': event('block.expired', 'The time of a block was over.', ABOUT_BLOCK),
  'block.counted': event('block.counted', 'What a block that has ended had met, as devices count it.', {
    ...ABOUT_BLOCK,
    packets: Type.Integer(),
    bytes: Type.Integer(),
    devices: Type.Integer({ description: 'How many of its devices count.' }),
  }),
  'blocks.reached': event('blocks.reached', 'Blocks came to something on a device for the first time.', {
    device: Type.String(),
    reached: Type.Enum(['in-force', 'failed', 'gone']),
    blocks: Type.Array(Type.Integer()),
    words: Type.Optional(
      Type.Array(Type.String(), { description: "Of failures: the device's words for each block, in order." }),
    ),
  }),
  'device.noted': event('device.noted', 'An adapter kept something for itself; what, is not told.', {
    device: Type.String(),
  }),
  'device.held': event('device.held', 'A person stopped everything on a device.', {
    device: Type.String(),
    by,
    until: time,
    reason: personal('Why.'),
  }),
  'device.freed': event('device.freed', 'A hold of a device was ended.', { device: Type.String(), by }),
  'token.created': event('token.created', 'A token was made.', {
    token: Type.String({ description: 'Its id.' }),
    name: personal('Its name.'),
    scopes: Type.Array(Type.String()),
    roles: Type.Array(Type.String()),
    origin: origin.properties.kind,
    person: Type.Optional(Type.String({ description: 'Id of the person whose it is.' })),
    departments: BOUND,
    session: Type.Boolean({ description: 'Whether it is the session of a browser.' }),
    until: timeOrNever,
    by,
  }),
  'token.revoked': event('token.revoked', 'A token was revoked.', { token: Type.String(), by }),
  'person.known': event('person.known', 'Somebody may act, or may do other things than before.', {
    person: Type.String({ description: 'Their id.' }),
    name: personal('Their name.'),
    roles: Type.Array(Type.String()),
    departments: BOUND,
    by,
  }),
  'person.left': event('person.left', 'None of the tokens and sessions of a person is good any more.', {
    person: Type.String({ description: 'Their id.' }),
    by,
  }),
  'breaker.tripped': event('breaker.tripped', 'Automatic blocks were stopped.', {
    breaker: BREAKER,
    limit: Type.String({ description: 'The limit that was passed.' }),
    source: Type.String({ description: 'The token that passed it.' }),
  }),
  'breaker.reset': event('breaker.reset', 'Automatic blocks are taken again.', { breaker: BREAKER, by }),
  'automation.frozen': event('automation.frozen', 'Nothing automatic is taken any more.', {
    by,
    reason: personal('Why.'),
  }),
  'automation.thawed': event('automation.thawed', 'Automatic blocks are taken again.', { by }),
  'automation.panicked': event('automation.panicked', 'Automatic blocks were ended, all of them.', {
    blocks: Type.Array(Type.Integer()),
    by,
  }),
  'source.muted': event('source.muted', 'Nothing of a source is taken any more.', {
    token: Type.String({ description: 'Its token.' }),
    by,
    reason: personal('Why.'),
  }),
  'source.unmuted': event('source.unmuted', 'What a source asks for is taken again.', {
    token: Type.String({ description: 'Its token.' }),
    by,
  }),
  'request.answered': event('request.answered', 'A request that may be sent again was answered.', {
    token: Type.String(),
    blocks: Type.Array(Type.Integer()),
  }),
  ...REQUEST_EVENTS,
  ...MESSAGE_EVENTS,
  'trigger.taken': event('trigger.taken', 'A trigger was taken in and decided about.', {
    trigger: Type.Integer({ description: 'Its number.' }),
    source: Type.String({ description: 'Id of the token that handed it over.' }),
    format: Type.String(),
    kind: Type.Enum([...TRIGGER_KINDS]),
    category: Type.Enum([...CATEGORIES]),
    role: Type.Enum([...TRIGGER_ROLES]),
    revision: Type.Integer(),
    verdict: VERDICT,
    deed: DEED,
    policy: Type.Optional(Type.String()),
    rule: Type.Optional(Type.String()),
    tried: TRIED,
    block: Type.Optional(Type.Integer({ description: 'The block that it is about.' })),
    name: Type.Optional(ABOUT_BLOCK.name),
    target: personal('Whom it is about.'),
    id: personal("The source's name of the incident."),
    why: personal('Why.'),
    attack: personal('One name for many incidents.'),
  }),
  'read.recorded': event('read.recorded', 'Somebody was shown personal evidence.', {
    by,
    what: Type.String({ description: 'The kind of evidence, such as audit.' }),
    about: personal('What was asked for.'),
    block: Type.Optional(Type.Integer({ description: 'The block that it was about.' })),
    name: Type.Optional(ABOUT_BLOCK.name),
  }),
  'events.redacted': event(
    'events.redacted',
    'Personal data is erased: whoever keeps it must erase it too.',
    {
      events: Type.Array(Type.Integer(), { description: 'Numbers of the events.' }),
      blocks: Type.Array(Type.Integer()),
      requests: Type.Optional(Type.Array(Type.Integer())),
      rule: Type.Optional(
        Type.Enum([...RETENTION_RULES], { description: 'The rule of retention whose time was over.' }),
      ),
      by,
    },
  ),
} as const satisfies Readonly<Record<string, TObject>>

export type EventName = keyof typeof EVENTS
export type EventOf<N extends EventName> = Answer<(typeof EVENTS)[N]>
export type EventJson = { [N in EventName]: EventOf<N> }[EventName]

/** What is told of an event beside what all events have. */
export type EventBody<N extends EventName> = Omit<EventOf<N>, keyof Common>
type Common = Pick<Static<(typeof EVENTS)['block.expired']>, 'schema' | 'seq' | 'at' | 'redacted'>

function componentName(name: string): string {
  const words = name.split('.').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `Event${words.join('')}`
}

const NAMES = Object.keys(EVENTS) as EventName[]

/** For the OpenAPI document: `Event`, and what it is by `type`. */
export const EVENT_COMPONENTS = {
  ...Object.fromEntries(NAMES.map((name) => [componentName(name), EVENTS[name]])),
  Event: {
    description: `An event of the ledger, version ${EVENT_SCHEMA} of its form. Ignore fields that you do not know.`,
    oneOf: NAMES.map((name) => ({ $ref: `#/components/schemas/${componentName(name)}` })),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(NAMES.map((name) => [name, `#/components/schemas/${componentName(name)}`])),
    },
  },
}
