import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { eventJson } from '../../src/http/event-json.ts'
import { EVENTS } from '../../src/http/schemas-events.ts'
import { type LedgerEvent, SIDE_FIELDS, withoutPersonalData } from '../../src/ledger/events.ts'
import { startFace } from './face.ts'

type Type = LedgerEvent['type']

const PROPOSAL = {
  digest: 'personal',
  asks: ['personal'],
  expires: 5,
  lasts: 4,
  agreed: ['p1'],
  participants: ['site'],
}

const SPOKEN = { request: 13, block: 12, by: 't1', as: 'department', mail: 'personal@example.org' } as const
const DUE = { due: null, calendar: 'c1' }

/** One of each type, with everything that it can have: a new type is missing here and does not compile. */
const SAMPLES: { readonly [T in Type]: Extract<LedgerEvent, { type: T }> } = {
  'block.created': {
    type: 'block.created',
    block: 12,
    target: { kind: 'host', prefix: parsePrefix('192.0.2.7/32') },
    match: readMatch(4, { destinationPort: '53', protocol: 'udp' }),
    direction: 'to',
    action: { do: 'rate-limit', bytesPerSecond: 1_000 },
    collateral: ['whole-host'],
    scope: 'local',
    shape: { target: 'host', family: 4, prefixLength: 32 },
    origin: { kind: 'automatic', token: 't1' },
    reason: 'personal',
    ticket: 'personal',
    until: null,
    policy: 'manual',
    category: 'scan',
    advice: 'check-host',
    ownHosts: 1,
    departments: ['physics'],
    expansion: [parsePrefix('192.0.2.0/24')],
    emergency: true,
    proposal: PROPOSAL,
  },
  'block.amended': {
    type: 'block.amended',
    block: 12,
    by: 't1',
    until: 5,
    reason: 'personal',
    ticket: 'personal',
  },
  'block.proposed': {
    type: 'block.proposed',
    block: 13,
    target: { kind: 'department', name: 'physics' },
    direction: 'both',
    action: { do: 'drop' },
    collateral: [],
    scope: 'local',
    shape: { target: 'department' },
    origin: { kind: 'person', token: 't1' },
    reason: 'personal',
    until: null,
    policy: 'manual',
    category: 'scan',
    advice: 'check-host',
    ownHosts: 256,
    expansion: [parsePrefix('192.0.2.0/24')],
    proposal: PROPOSAL,
  },
  'block.reproposed': {
    type: 'block.reproposed',
    block: 13,
    by: 't1',
    proposal: PROPOSAL,
    expansion: [parsePrefix('192.0.2.0/24')],
  },
  'block.approved': {
    type: 'block.approved',
    block: 13,
    by: 't2',
    person: 'p2',
    digest: 'personal',
    agreement: 'personal',
    begins: true,
    expansion: [parsePrefix('192.0.2.0/24')],
    before: [parsePrefix('192.0.2.0/25')],
    until: 5,
  },
  'block.covers': {
    type: 'block.covers',
    block: 12,
    before: [parsePrefix('192.0.2.0/24')],
    expansion: [parsePrefix('192.0.2.0/25')],
    why: 'personal',
    by: 't1',
  },
  'block.moved': {
    type: 'block.moved',
    block: 12,
    before: parsePrefix('192.0.2.7'),
    prefix: parsePrefix('192.0.2.8'),
    why: 'moved on',
    by: 't1',
  },
  'block.flagged': { type: 'block.flagged', block: 12, why: 'look at it', by: 't1' },
  'block.grows': { type: 'block.grows', block: 12, by: 't1', proposal: PROPOSAL },
  'inventory.loaded': { type: 'inventory.loaded', digest: 'd', by: 't1' },
  'block.declined': { type: 'block.declined', block: 13, by: 't2', why: 'personal' },
  'block.released': { type: 'block.released', block: 12, by: 't1', why: 'personal' },
  'block.expired': { type: 'block.expired', block: 12 },
  'block.counted': { type: 'block.counted', block: 12, packets: 5, bytes: 500, devices: 2 },
  milestones: { type: 'milestones', device: 'edge', reached: 'failed', blocks: [12], words: ['personal'] },
  memo: { type: 'memo', device: 'edge', memo: 'personal' },
  'device.held': { type: 'device.held', device: 'edge', by: 't1', until: 5, reason: 'personal' },
  'device.freed': { type: 'device.freed', device: 'edge', by: 't1' },
  'token.created': {
    type: 'token.created',
    token: 't2',
    hash: 'SECRETHASH',
    name: 'personal',
    scopes: ['blocks:read'],
    roles: ['analyst'],
    origin: 'person',
    person: 'p1',
    departments: ['physics'],
    bounds: { targets: [parsePrefix('192.0.2.0/24')] },
    session: true,
    until: 5,
    by: 't1',
  },
  'person.known': {
    type: 'person.known',
    person: 'p1',
    name: 'personal',
    subject: 'personal',
    roles: ['itss'],
    departments: ['physics'],
    by: 't1',
  },
  'person.left': { type: 'person.left', person: 'p1', by: 't1' },
  'trigger.taken': {
    type: 'trigger.taken',
    trigger: 3,
    source: 't1',
    format: 'cordon',
    kind: 'open',
    category: 'scan',
    role: 'offender',
    revision: 1,
    verdict: 'block',
    deed: 'began',
    policy: 'scanner',
    rule: 'own',
    tried: [{ policy: 'trial', rule: 'all', verdict: 'ask' }],
    block: 12,
    blocks: [{ block: 12, shape: 'personal', latest: 1, onClose: 'keep' }],
    record: {
      ...{ id: 'personal', revision: 1, kind: 'open', role: 'offender', category: 'scan' },
      target: { kind: 'account', name: 'personal@example.org' },
      ...{ detectedAt: 1, evidence: 'spoofable', simulated: false, summary: 'personal' },
    },
    why: 'personal',
    attack: 'personal',
  },
  'read.recorded': { type: 'read.recorded', by: 't1', what: 'audit', about: 'personal', block: 12 },
  'token.revoked': { type: 'token.revoked', token: 't2', by: 't1' },
  'breaker.tripped': { type: 'breaker.tripped', breaker: 'source:t1', limit: '10 in 1m', source: 't1' },
  'breaker.reset': { type: 'breaker.reset', breaker: 'source:t1', by: 't1' },
  'automation.frozen': { type: 'automation.frozen', by: 't1', reason: 'personal' },
  'automation.thawed': { type: 'automation.thawed', by: 't1' },
  'automation.panicked': { type: 'automation.panicked', blocks: [12], by: 't1' },
  'source.muted': { type: 'source.muted', token: 't2', by: 't1', reason: 'personal' },
  'source.unmuted': { type: 'source.unmuted', token: 't2', by: 't1' },
  'request.answered': {
    type: 'request.answered',
    token: 't1',
    key: 'personal',
    digest: 'SECRETHASH',
    blocks: [12],
  },
  'request.filed': {
    type: 'request.filed',
    ...SPOKEN,
    ...DUE,
    ...{ kind: 'unblock', departments: ['physics'], urgency: 'urgent', acknowledgeBy: 5, text: 'personal' },
    logs: { of: 'server', about: 'personal', from: 1, to: 2 },
  },
  'request.taken': { type: 'request.taken', ...SPOKEN },
  'request.said': {
    type: 'request.said',
    ...SPOKEN,
    ...DUE,
    ...{ turn: 'department', text: 'personal', actions: ['personal'] },
  },
  'request.settled': {
    type: 'request.settled',
    ...SPOKEN,
    ...{ how: 'denied', text: 'personal', actions: ['personal'] },
  },
  'request.reopened': { type: 'request.reopened', ...SPOKEN, ...DUE, acknowledgeBy: 5, text: 'personal' },
  'request.due': {
    type: 'request.due',
    ...{ request: 13, block: 12, due: 6, before: null, acknowledgeBy: 5, calendar: 'c2', by: 't1' },
  },
  'request.reminded': { type: 'request.reminded', request: 13, block: 12, stage: 'missed' },
  'outbox.noted': {
    type: 'outbox.noted',
    upTo: 6,
    notices: [{ to: 'itss:physics', what: 'block.began', seq: 5, block: 12 }],
  },
  'message.queued': {
    type: 'message.queued',
    ...{ message: 3, to: 'itss:physics', by: 'mail', upTo: 6, notices: 1, blocks: [12], request: 13 },
    letter: {
      to: [{ mail: 'personal@example.org' }],
      cc: [],
      ...{ subject: 'personal', text: 'personal', references: ['personal'] },
    },
    body: 'personal',
  },
  'message.sent': {
    type: 'message.sent',
    ...{ message: 3, blocks: [12], request: 13, left: ['personal'], refused: ['personal'] },
  },
  'message.dead': { type: 'message.dead', message: 3, blocks: [12], request: 13, words: 'personal' },
  'message.again': { type: 'message.again', message: 3, blocks: [12], request: 13, by: 't1' },
  'message.dropped': { type: 'message.dropped', message: 3, blocks: [12], request: 13, by: 't1' },
  'message.received': {
    type: 'message.received',
    ...{
      received: 2,
      by: 't1',
      verdict: 'held',
      why: 'sender-unproven',
      digest: 'd',
      block: 12,
      request: 13,
    },
    mail: { from: 'personal', subject: 'personal', text: 'personal', id: 'personal', attachments: [] },
  },
  'message.judged': { type: 'message.judged', received: 2, by: 't1' },
  redacted: { type: 'redacted', events: [1], blocks: [12], requests: [13], by: 't1' },
}

test('every event of the ledger has a public form that its schema describes whole', async (t) => {
  const { send } = await startFace(t)
  const { json } = await send('GET', '/openapi.json', { as: null })
  const ajv = new Ajv({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'openapi', ...json })
  const check = ajv.compile({ $ref: 'openapi#/components/schemas/Event' })
  assert.deepEqual(Object.keys(SAMPLES).sort(), Object.keys(SIDE_FIELDS).sort())
  const told = new Set<string>()
  for (const event of Object.values(SAMPLES)) {
    const recorded = { seq: 7, at: 1_700_000_000_000, event, redacted: false }
    for (const one of [recorded, withoutPersonalData(recorded)]) {
      const given = JSON.parse(JSON.stringify(eventJson(one))) as { type: keyof typeof EVENTS; seq: number }
      assert.ok(check(given), `${event.type}: ${ajv.errorsText(check.errors)}`)
      const known = Object.keys(EVENTS[given.type].properties)
      assert.deepEqual(
        Object.keys(given).filter((name) => !known.includes(name)),
        [],
        event.type,
      )
      assert.doesNotMatch(JSON.stringify(given), /SECRETHASH/)
      told.add(given.type)
    }
    const bare = withoutPersonalData(recorded)
    assert.equal(bare.redacted, SIDE_FIELDS[event.type].length > 0)
    assert.doesNotMatch(JSON.stringify(eventJson(bare)), /personal|192\.0\.2\.7/)
  }
  assert.deepEqual([...told].sort(), Object.keys(EVENTS).sort())
})

test('a form that lacks a field is none', async (t) => {
  const { send } = await startFace(t)
  const { json } = await send('GET', '/openapi.json', { as: null })
  const ajv = new Ajv({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'openapi', ...json })
  const check = ajv.compile({ $ref: 'openapi#/components/schemas/Event' })
  const good = eventJson({ seq: 7, at: 0, event: SAMPLES['device.held'], redacted: false })
  assert.ok(check(good))
  const { until: _, ...bad } = good as typeof good & { until: string }
  assert.equal(check(bad), false)
})
