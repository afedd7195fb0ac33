import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { siteOf } from '../../test/helpers/inventory.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { type ContactQuestion, contactsFor } from './contacts.ts'
import { leaseRuleOf, reviewsDue } from './inventory.ts'

const p = parsePrefix
const SITE = siteOf({
  own: [p('192.0.2.0/24')],
  contacts: [
    { name: 'dean', mail: 'dean@example.org' },
    { name: 'help', mail: 'help@example.org', phone: '+420 1' },
    { name: 'noc', mail: 'noc@museum.example' },
  ],
  departments: [
    { name: 'science', prefixes: [p('192.0.2.0/25')], users: 0, contacts: ['dean', 'help'], itss: ['help'] },
    { name: 'physics', prefixes: [p('192.0.2.0/26')], users: 0, parent: 'science' },
    { name: 'optics', prefixes: [p('192.0.2.0/27')], users: 0, parent: 'physics' },
    { name: 'club', prefixes: [p('192.0.2.192/28')], users: 0 },
  ],
  connections: [{ name: 'museum', prefixes: [p('192.0.2.224/28')], attachments: [], contact: 'noc' }],
  hosts: [
    { name: 'pc1.example.org', address: p('192.0.2.193'), department: 'physics' },
    { name: 'www.far.example', address: p('198.51.100.1') },
    { name: 'far.co.uk', address: p('198.51.100.2') },
    { name: 'localhost', address: p('198.51.100.3') },
    { name: 'mail.b.example', address: p('198.51.100.4') },
    { name: 'smtp.b.example', address: p('198.51.100.4') },
  ],
})

const host = (text: string): ContactQuestion => ({ kind: 'host', prefix: p(text) })

describe('whom to write to', () => {
  const cases: readonly [
    what: string,
    question: ContactQuestion,
    mails: string[],
    from: string,
    why: RegExp,
  ][] = [
    [
      'a department, its IT support first, each once',
      { kind: 'department', name: 'science' },
      ['help@example.org', 'dean@example.org'],
      'own',
      /^contacts of department science$/,
    ],
    [
      'one without contacts, from the nearest above that has some',
      { kind: 'department', name: 'optics' },
      ['help@example.org', 'dean@example.org'],
      'parent',
      /department optics has none; contacts of department science above/,
    ],
    [
      'one that nobody answers for',
      { kind: 'department', name: 'club' },
      [],
      'nobody',
      /neither department club nor any above/,
    ],
    ['an unknown department', { kind: 'department', name: 'x' }, [], 'nobody', /there is no department 'x'/],
    [
      'a connection',
      { kind: 'connection', name: 'museum' },
      ['noc@museum.example'],
      'own',
      /contact of connection museum/,
    ],
    [
      'a host in the narrowest department',
      host('192.0.2.1'),
      ['help@example.org', 'dean@example.org'],
      'parent',
      /department optics/,
    ],
    [
      'a host whose own line names its department',
      host('192.0.2.193'),
      ['help@example.org', 'dean@example.org'],
      'parent',
      /department physics/,
    ],
    ['a host of a connection', host('192.0.2.225'), ['noc@museum.example'], 'own', /museum/],
    ['own space of nobody', host('192.0.2.255'), [], 'nobody', /own space that belongs to no department/],
    [
      'an outside host with a name',
      host('198.51.100.1'),
      ['abuse@far.example'],
      'abuse',
      /abuse mailbox of far\.example \(RFC 2142\), which may not exist/,
    ],
    ['never a registry', host('198.51.100.2'), ['abuse@far.co.uk'], 'abuse', /far\.co\.uk/],
    ['a name without a domain', host('198.51.100.3'), [], 'nobody', /'localhost' is no domain/],
    ['two names of one domain, once', host('198.51.100.4'), ['abuse@b.example'], 'abuse', /b\.example/],
    ['an outside host without a name', host('203.0.113.1'), [], 'nobody', /no name is known/],
    [
      'an account',
      { kind: 'account', name: 'jane@Far.Example' },
      ['abuse@far.example'],
      'abuse',
      /far\.example/,
    ],
    ['an account without a realm', { kind: 'account', name: 'jane' }, [], 'nobody', /'jane' is no domain/],
    ['a domain', { kind: 'domain', name: 'far.example.' }, ['abuse@far.example'], 'abuse', /far\.example/],
  ]
  for (const [what, question, mails, from, why] of cases)
    it(`of ${what}`, () => {
      const [answer, ...more] = contactsFor(SITE, question)
      assert.equal(more.length, 0)
      assert.deepEqual([answer?.contacts.map(({ mail }) => mail), answer?.from], [mails, from])
      assert.match(answer?.why ?? '', why)
    })

  it('of a prefix, every department in it', () => {
    const answers = contactsFor(SITE, host('192.0.2.0/24'))
    assert.deepEqual(answers.map(({ of }) => of).sort(), [
      'department club',
      'department optics',
      'department physics',
      'department science',
    ])
  })
})

describe('other lookups', () => {
  it('lists protected entries whose day of review has passed, the longest ago first', () => {
    const entry = (name: string, review?: string) => ({
      prefix: p('192.0.2.1'),
      role: 'any' as const,
      name,
      ...(review === undefined ? {} : { review }),
    })
    const site = siteOf({
      protected: [
        entry('b', '2026-11-21'),
        entry('a', '2025-01-01'),
        entry('today', '2026-11-22'),
        entry('never'),
      ],
    })
    assert.deepEqual(
      reviewsDue(site, Date.UTC(2026, 10, 22, 23, 59)).map(({ name }) => name),
      ['a', 'b'],
    )
  })

  it('says what a block does when a lease moves, where addresses change hands', () => {
    const site = siteOf({
      addresses: [
        { prefix: p('192.0.2.0/24'), kind: 'dhcp', users: 1 },
        { prefix: p('192.0.2.0/25'), kind: 'dhcp', users: 1, lease: 'follow' },
        { prefix: p('192.0.2.0/26'), kind: 'static', users: 1 },
      ],
    })
    assert.deepEqual(
      ['192.0.2.200', '192.0.2.100', '192.0.2.1', '198.51.100.1'].map((text) => leaseRuleOf(site, p(text))),
      ['flag', 'follow', undefined, undefined],
    )
  })
})
