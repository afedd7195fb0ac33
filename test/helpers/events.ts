import { parsePrefix } from '../../src/domain/prefix.ts'
import { DROP } from '../../src/domain/rule.ts'
import type { TriggerKind } from '../../src/domain/trigger.ts'
import type { BlockCreated, LedgerEvent } from '../../src/ledger/events.ts'
import type { RequestEvent, RequestFiled } from '../../src/ledger/request-events.ts'
import type { TriggerTaken } from '../../src/ledger/trigger-events.ts'

/** Words that stand in personal data and nowhere else, so that a test can look for them in bytes. */
export const SECRET = {
  reason: 'reason-of-the-analyst',
  ticket: 'TICKET-4711',
  words: 'words of the device',
  statement: 'statement-of-an-itss',
  sender: 'itss@physics.example',
}

/** A block of a host; its reason, ticket and prefix are personal data that a search can find. */
export function created(block: number, over: Partial<BlockCreated> = {}): BlockCreated {
  return {
    type: 'block.created',
    block,
    shape: { target: 'host', family: 4, prefixLength: 32 },
    target: { kind: 'host', prefix: parsePrefix(hostOf(block)) },
    direction: 'both',
    action: DROP,
    collateral: [],
    scope: 'local',
    origin: { kind: block % 2 === 0 ? 'automatic' : 'person', token: `t${block % 3}` },
    reason: `${SECRET.reason} ${block}`,
    ticket: SECRET.ticket,
    until: null,
    policy: 'manual',
    ...(block % 2 === 0 ? { category: 'scan' as const, advice: 'check-host' } : {}),
    ownHosts: 0,
    ...over,
  }
}

/** The address that {@link created} gives a block: few addresses, so that blocks share them. */
export function hostOf(block: number): string {
  return `198.18.${Math.floor(block / 200) % 250}.${block % 200}`
}

export function amended(block: number, reason: string): LedgerEvent {
  return { type: 'block.amended', block, by: 't1', until: 2_000_000_000_000, reason }
}

export function released(block: number, why = 'no longer seen'): LedgerEvent {
  return { type: 'block.released', block, by: 't1', why }
}

export function inForce(device: string, blocks: readonly number[]): LedgerEvent {
  return { type: 'milestones', device, reached: 'in-force', blocks }
}

export function failed(device: string, blocks: readonly number[]): LedgerEvent {
  return { type: 'milestones', device, reached: 'failed', blocks, words: blocks.map(() => SECRET.words) }
}

export function personKnown(person: string): LedgerEvent {
  return { type: 'person.known', person, name: `name of ${person}`, roles: ['analyst'], by: 't0' }
}

/** A block of a department that waits for agreement, until 5 s. */
export function proposed(block: number): LedgerEvent {
  const { type: _, emergency: __, ...record } = created(block)
  const proposal = {
    digest: 'd',
    asks: ['wide'],
    expires: 5_000,
    lasts: 1_000,
    agreed: ['p1'],
    participants: [],
  }
  const target = { kind: 'department', name: 'physics' } as const
  const expansion = [parsePrefix('198.18.0.0/24')]
  return { type: 'block.proposed', ...record, shape: { target: 'department' }, target, expansion, proposal }
}

export function covers(block: number, host: number): LedgerEvent {
  const expansion = [parsePrefix(`198.18.0.${host}`)]
  return { type: 'block.covers', block, before: [], expansion, why: 'shrunk', by: 't1' }
}

export function moved(block: number, host: number): LedgerEvent {
  const prefix = parsePrefix(`198.18.1.${host}`)
  return { type: 'block.moved', block, before: parsePrefix('198.18.0.0'), prefix, why: 'moved', by: 't1' }
}

export function flagged(block: number, why: string | undefined): LedgerEvent {
  return { type: 'block.flagged', block, ...(why === undefined ? {} : { why }), by: 't1' }
}

export function growing(block: number): LedgerEvent {
  const proposal = {
    digest: 'g',
    asks: ['grown'],
    expires: 5_000,
    agreed: [],
    participants: [],
    grows: true as const,
  }
  return { type: 'block.grows', block, by: 't1', proposal }
}

export function approved(block: number, begins: boolean): LedgerEvent {
  return {
    type: 'block.approved',
    block,
    by: 't2',
    person: 'p2',
    digest: 'd',
    begins,
    until: 2_000_000_000_000,
  }
}

export function answeredRequest(key: string, blocks: readonly number[]): LedgerEvent {
  return { type: 'request.answered', token: 't1', key, digest: `digest of ${key}`, blocks }
}

export function tokenCreated(token: string): LedgerEvent {
  return {
    type: 'token.created',
    token,
    hash: `hash of ${token}`,
    name: `name of ${token}`,
    scopes: ['blocks:read'],
    roles: [],
    origin: 'person',
    person: 'p1',
    until: null,
    by: 't0',
  }
}

/** @param id of the incident; its target is one of few */
export function triggerTaken(
  trigger: number,
  { id, kind, attack }: { readonly id: string; readonly kind: TriggerKind; readonly attack: boolean },
  made?: number,
): TriggerTaken {
  return {
    type: 'trigger.taken',
    trigger,
    ...{ source: 't1', format: 'cordon', kind, category: 'scan', role: 'offender', revision: trigger },
    ...{ verdict: 'block', deed: made === undefined ? 'kept' : 'began', policy: 'p', rule: 'r', tried: [] },
    ...(made === undefined ? {} : { block: made }),
    blocks: made === undefined ? [] : [{ block: made, shape: 's', latest: 1, onClose: 'keep' }],
    record: {
      ...{ id, revision: trigger, kind, role: 'offender', category: 'scan', detectedAt: 1 },
      ...{ target: { kind: 'host', prefix: parsePrefix(hostOf(id.length)) }, evidence: 'spoofable' },
      simulated: false,
    },
    ...(attack ? { attack: 'a' } : {}),
  }
}

/** An ITSS asks for a block to be lifted. */
export function requestFiled(request: number, block: number, over: Partial<RequestFiled> = {}): RequestFiled {
  return {
    type: 'request.filed',
    ...{ request, kind: 'unblock', block, by: 't2', as: 'department', departments: ['physics'] },
    ...{ urgency: 'other', due: 86_400_000, acknowledgeBy: 7_200_000, calendar: 'c1' },
    text: SECRET.statement,
    ...over,
  }
}

/** What may come after {@link requestFiled}, in words that a search can find. */
export function aboutRequest(request: number): readonly RequestEvent[] {
  const site = { request, by: 't1', as: 'site' } as const
  const department = { request, by: 't2', as: 'department', mail: SECRET.sender } as const
  return [
    { type: 'request.taken', ...site },
    {
      type: 'request.said',
      ...site,
      ...{ turn: 'department', due: null, calendar: 'c1', text: SECRET.statement, actions: [SECRET.reason] },
    },
    { type: 'request.said', ...department, turn: 'site', due: 9, calendar: 'c1', text: SECRET.statement },
    { type: 'request.settled', ...site, how: 'denied', text: SECRET.statement, actions: [SECRET.reason] },
    {
      type: 'request.reopened',
      ...department,
      ...{ due: 10, acknowledgeBy: 5, calendar: 'c1', text: SECRET.statement },
    },
    { type: 'request.settled', ...department, how: 'withdrawn' },
    { type: 'request.due', request, due: 11, before: 10, calendar: 'c2', by: 't1' },
    { type: 'request.reminded', request, stage: 'missed' },
  ]
}

/** Somebody is to be told of a block, or of a request. */
export function noted(
  upTo: number,
  about: { readonly block?: number; readonly request?: number },
): LedgerEvent {
  return {
    type: 'outbox.noted',
    upTo,
    notices: [{ to: 'itss:physics', what: 'block.began', seq: upTo, ...about }],
  }
}

/** A mail to the IT support of a department. */
export function queued(
  message: number,
  upTo: number,
  about: { readonly blocks: readonly number[]; readonly request?: number },
): LedgerEvent {
  return {
    type: 'message.queued',
    ...{ message, to: 'itss:physics', by: 'mail', upTo, notices: 1, ...about },
    letter: {
      to: [{ mail: SECRET.sender }],
      ...{ cc: [], subject: SECRET.reason, text: SECRET.statement, references: [] },
    },
  }
}

/** What becomes of a message. */
export function fateOf(message: number, what: 'sent' | 'left' | 'dead' | 'again' | 'dropped'): LedgerEvent {
  const of = { message, blocks: [] }
  switch (what) {
    case 'sent':
      return { type: 'message.sent', ...of }
    case 'left':
      return { type: 'message.sent', ...of, left: ['b@example.org'] }
    case 'dead':
      return { type: 'message.dead', ...of, words: 'no' }
    case 'again':
      return { type: 'message.again', ...of, by: 't1' }
    case 'dropped':
      return { type: 'message.dropped', ...of, by: 't1' }
  }
}
