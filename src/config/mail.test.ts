import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { type LoadedConfig, loadConfig } from './load.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }
const SITE = 'site: { own: [192.0.2.0/24] }\ndevices: [{ name: edge, kind: memory }]\n'

describe('mail and webhooks in cordon.yaml', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-config-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(config: object): Promise<LoadedConfig> {
    const rest = Object.entries(config).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    await writeFile(join(folder, 'cordon.yaml'), `placements: placement.yaml\n${SITE}${rest.join('')}`)
    await writeFile(
      join(folder, 'placement.yaml'),
      'placements: [{ name: all, when: {}, use: [{ device: edge, as: acl }] }]\n',
    )
    return loadConfig(join(folder, 'cordon.yaml'), REGISTRY)
  }

  it('need not be there', async () => {
    const { mail, webhooks } = await load({})
    assert.deepEqual([mail, webhooks], [undefined, []])
  })

  it('have defaults and absolute paths', async () => {
    const { mail } = await load({ mail: { smtp: { host: 'smtp.example.org' }, from: 'csirt@example.org' } })
    assert.deepEqual(mail, {
      smtp: { host: 'smtp.example.org', port: 587, tls: 'starttls', timeout: 30_000 },
      ...{ from: { mail: 'csirt@example.org' }, replyTo: { mail: 'csirt@example.org' }, authservIds: [] },
    })
    const full = await load({
      mail: {
        smtp: {
          ...{ host: 'smtp.example.org', tls: 'implicit', caFile: 'ca.pem', servername: 'mx.example.org' },
          ...{ user: 'cordon', password: 'file:smtp.secret', timeout: '5s' },
        },
        ...{
          from: 'Cordon CSIRT <csirt@Example.org>',
          replyTo: 'cordon@example.org',
          security: 'soc@example.org',
        },
        ...{ in: { authservIds: ['MX.example.org'] }, ticketTag: '[rt.example.org #{ticket}]' },
      },
      webhooks: [{ name: 'chat', url: 'https://chat.example.org/x', secret: 'env:HOOK', caFile: 'chat.pem' }],
    })
    assert.deepEqual(full.mail, {
      smtp: {
        ...{ host: 'smtp.example.org', port: 465, tls: 'implicit', timeout: 5_000 },
        ...{ caFile: join(folder, 'ca.pem'), servername: 'mx.example.org' },
        ...{ user: 'cordon', password: 'file:smtp.secret' },
      },
      ...{
        from: { name: 'Cordon CSIRT', mail: 'csirt@example.org' },
        replyTo: { mail: 'cordon@example.org' },
      },
      ...{
        security: 'soc@example.org',
        authservIds: ['mx.example.org'],
        ticketTag: '[rt.example.org #{ticket}]',
      },
    })
    assert.deepEqual(full.webhooks, [
      {
        ...{ name: 'chat', url: 'https://chat.example.org/x', secret: 'env:HOOK', timeout: 10_000 },
        caFile: join(folder, 'chat.pem'),
      },
    ])
    const relay = await load({ mail: { smtp: { host: '127.0.0.1', tls: 'none' }, from: 'c@example.org' } })
    assert.equal(relay.mail?.smtp.port, 25)
  })

  const smtp = (more: object) => ({
    mail: { smtp: { host: 'smtp.example.org', ...more }, from: 'c@example.org' },
  })
  const mail = (more: object) => ({
    mail: { smtp: { host: 'smtp.example.org' }, from: 'c@example.org', ...more },
  })
  const HOOK = { name: 'chat', url: 'https://chat.example.org/', secret: 'file:hook.secret' }
  const wrong: readonly [what: string, config: object, problem: RegExp][] = [
    [
      'mail in clear',
      smtp({ tls: 'none' }),
      /mail\.smtp\.tls: mail would go to smtp\.example\.org over the network in clear/,
    ],
    [
      'authorities without TLS',
      smtp({ host: '127.0.0.1', tls: 'none', caFile: 'x' }),
      /mail\.smtp\.tls: caFile and servername/,
    ],
    ['TLS if it happens', smtp({ tls: 'optional' }), /mail\.smtp\.tls: must be/],
    ['a user without a password', smtp({ user: 'x' }), /mail\.smtp: user and password go together/],
    [
      'a password itself',
      smtp({ user: 'x', password: 'swordfish' }),
      /mail\.smtp\.password: it must be a reference/,
    ],
    ['a server that may take for ever', smtp({ timeout: '1h' }), /mail\.smtp\.timeout: is from 1s to 5m/],
    ['two senders', mail({ from: 'a@b.example, c@d.example' }), /mail\.from: .*is no mail address/],
    ['an answer to nowhere', mail({ replyTo: 'here' }), /mail\.replyTo: .*must have one @/],
    ['a copy to a name', mail({ security: 'SOC <soc@example.org>' }), /mail\.security: .*is no mail address/],
    [
      'a tag without a ticket',
      mail({ ticketTag: '[rt #1]' }),
      /mail\.ticketTag: must have \{ticket\} in it, once/,
    ],
    [
      'a tag with two',
      mail({ ticketTag: '{ticket}{ticket}' }),
      /mail\.ticketTag: must have \{ticket\} in it, once/,
    ],
    [
      'a tag of two lines',
      mail({ ticketTag: '{ticket}\nBcc: x' }),
      /mail\.ticketTag: has control characters/,
    ],
    ['a server with a space', mail({ in: { authservIds: ['a b'] } }), /mail\.in\.authservIds\.0: must match/],
    ['an unknown field', mail({ bcc: 'x@example.org' }), /mail\.bcc: unknown field/],
    ['two webhooks of a name', { webhooks: [HOOK, HOOK] }, /webhooks\.1\.name: 'chat' is there twice/],
    [
      'a webhook in clear',
      { webhooks: [{ ...HOOK, url: 'http://chat.example.org/' }] },
      /webhooks\.0\.url: it would go to chat\.example\.org/,
    ],
    [
      'a webhook to nowhere',
      { webhooks: [{ ...HOOK, url: 'chat' }] },
      /webhooks\.0\.url: it is not an address/,
    ],
    [
      'a secret itself',
      { webhooks: [{ ...HOOK, secret: 'whsec_abc' }] },
      /webhooks\.0\.secret: it must be a reference/,
    ],
    [
      'a webhook that may take for ever',
      { webhooks: [{ ...HOOK, timeout: '6m' }] },
      /webhooks\.0\.timeout: is from 1s to 5m/,
    ],
  ]
  for (const [what, config, problem] of wrong)
    it(`${what} is a problem`, () => assert.rejects(load(config), { name: 'ConfigError', message: problem }))
})
