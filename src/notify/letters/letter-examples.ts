import { ENDINGS } from '../../domain/block.ts'
import { REMINDERS, SETTLEMENTS } from '../../domain/request.ts'
import type { BlockAbout, BlockLine, LetterData, LetterName, RequestAbout } from './letter-data.ts'

/** Monday 23 November 2026, 14:00 UTC. */
const NOON = Date.UTC(2026, 10, 23, 14)
const DAY = 86_400_000

const TEAM = { name: 'Security team', mail: 'security@example.org', phone: '+44 20 7946 0000' }
const HEAD = { zone: 'Europe/London', team: TEAM, concerned: true }
const BARE_HEAD = { zone: 'UTC', team: { ...TEAM, phone: null }, concerned: false }

const LINE: BlockLine = {
  reference: 'Cordon#1043',
  target: '192.0.2.7/32',
  reason: 'sends spam',
  until: NOON + DAY,
}
const ENDLESS: BlockLine = { ...LINE, reference: 'Cordon#1044', until: null }

const BLOCK: BlockAbout = {
  ...{ ...LINE, reference: 'Cordon#1042', number: 1042, reason: 'takes orders from 203.0.113.66' },
  ...{ hosts: ['lab-7.physics.example.org'], department: 'physics', since: NOON },
  category: 'a machine that somebody else controls',
  advice: { title: 'Clean it', text: 'What to do:\n\n1. Install it anew.\n' },
  probation: { released: NOON - 3 * DAY, reference: 'Cordon#12' },
}
const BARE_BLOCK: BlockAbout = {
  ...{ ...BLOCK, hosts: [], department: null, until: null, category: null, advice: null, probation: null },
}

const REQUEST: RequestAbout = {
  ...{ reference: 'Cordon#1050', number: 1050, department: 'physics' },
  block: { reference: 'Cordon#1042', target: '192.0.2.7/32' },
}
const BARE_REQUEST: RequestAbout = { ...REQUEST, block: null }

const BY = { name: 'Ann Ames', mail: 'ann@physics.example.org' }
const BARE_BY = { name: 'Ann Ames', mail: null }
const TEXT = 'The host was installed anew.\nIts passwords were changed.'
const ACTIONS = ['Change the passwords of its users', 'Send us the log of logins']

const FULL = { ...HEAD, request: REQUEST, by: BY, text: TEXT, actions: ACTIONS, due: NOON + DAY }
const BARE = { ...BARE_HEAD, request: BARE_REQUEST, by: BARE_BY, text: null, actions: [], due: null }
const FILED = { ...FULL, acknowledgeBy: NOON + 3_600_000 }
const BARE_FILED = { ...BARE, text: TEXT, acknowledgeBy: null }
const LOGS = { of: 'nat', about: '192.0.2.7 port 50123', from: NOON - DAY, to: NOON - DAY + 600_000 } as const
const PROPOSED = { by: BY, asks: ['it hits 300 addresses'], lapses: NOON + DAY }

const settled = SETTLEMENTS.flatMap((how) => [
  { ...FULL, how, still: [LINE, ENDLESS], hidden: 2 },
  { ...BARE, how, still: [], hidden: 0 },
])
const reminded = REMINDERS.flatMap((stage) => [
  { ...FULL, stage },
  { ...BARE, stage },
])

/**
 * Data of each kind, whole and with as little as there can be: a template that makes a mail of all of them makes one of
 * whatever comes. The first one of each has everything.
 */
export const EXAMPLES: { readonly [Name in LetterName]: readonly LetterData[Name][] } = {
  'block-began': [
    { ...HEAD, block: BLOCK },
    { ...BARE_HEAD, block: BARE_BLOCK },
  ],
  'blocks-many': [
    {
      ...{ ...HEAD, counts: { began: 60, changed: 1, ended: 1 }, more: 60 },
      lines: [
        { ...LINE, what: 'began' },
        { ...ENDLESS, what: 'ended' },
      ],
    },
    {
      ...BARE_HEAD,
      counts: { began: 1, changed: 1, ended: 0 },
      lines: [{ ...LINE, what: 'changed' }],
      more: 0,
    },
  ],
  'block-changed': [
    { ...HEAD, block: BLOCK },
    { ...BARE_HEAD, block: BARE_BLOCK },
  ],
  'block-ended': ENDINGS.flatMap((how) => [
    { ...HEAD, block: BLOCK, how, at: NOON, still: [LINE, ENDLESS], hidden: 2, probationUntil: NOON + DAY },
    { ...BARE_HEAD, block: BARE_BLOCK, how, at: NOON, still: [], hidden: 0, probationUntil: null },
  ]),
  'home-block-began': [
    { ...HEAD, block: BLOCK },
    { ...BARE_HEAD, block: BARE_BLOCK },
  ],
  'home-block-ended': [
    { ...HEAD, block: BLOCK, at: NOON },
    { ...BARE_HEAD, block: BARE_BLOCK, at: NOON },
  ],
  'request-filed': [FILED, BARE_FILED],
  'request-taken': [FULL, BARE],
  'request-said': [FULL, BARE],
  'request-settled': settled,
  'request-reopened': [FULL, BARE],
  'request-due': [
    { ...HEAD, request: REQUEST, before: NOON, now: NOON + DAY, why: 'a holiday was added' },
    { ...BARE_HEAD, request: BARE_REQUEST, before: null, now: null, why: 'a holiday was added' },
  ],
  'request-reminded': reminded,
  'logs-filed': (['nat', 'server', 'dhcp', 'vpn', 'mail', 'other'] as const).flatMap((of) => [
    { ...FILED, logs: { ...LOGS, of }, within: '4 working hours' },
    { ...BARE_FILED, logs: { ...LOGS, of }, within: '4 working hours' },
  ]),
  'desk-block-proposed': [
    { ...HEAD, ...PROPOSED, block: BLOCK },
    { ...BARE_HEAD, ...PROPOSED, by: BARE_BY, block: BARE_BLOCK },
  ],
  'desk-request-filed': [FILED, BARE_FILED],
  'desk-request-said': [FULL, BARE],
  'desk-request-settled': settled,
  'desk-request-reopened': [FULL, BARE],
  'desk-request-reminded': reminded,
}

export const LETTER_NAMES = Object.keys(EXAMPLES) as readonly LetterName[]
