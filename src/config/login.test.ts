import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { type LoadedConfig, loadConfig } from './load.ts'
import { ConfigError } from './yaml-file.ts'

const PLACEMENTS = 'placements: [{ name: all, when: {}, use: [{ device: edge, as: acl }] }]\n'
const BASE = `placements: placement.yaml
site:
  own: [192.0.2.0/24]
  departments: [{ name: physics, prefixes: [192.0.2.0/25] }]
devices: [{ name: edge, kind: memory }]
`
const GRANTS = `    roles:
      - { group: csirt, roles: [analyst, approver] }
      - { group: physics-it, roles: [itss], departments: [physics] }
`

describe('login.oidc', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-config-'))
    await writeFile(join(folder, 'placement.yaml'), PLACEMENTS)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(fields: string, grants = GRANTS, more = ''): Promise<LoadedConfig['login']> {
    const path = join(folder, 'cordon.yaml')
    await writeFile(path, `${BASE}${more}login:\n  oidc:\n${fields}${grants}`)
    return (await loadConfig(path, { adapters: allAdapters(), witnesses: allWitnesses() })).login
  }

  async function problems(fields: string, grants?: string, more?: string): Promise<string[]> {
    const error: unknown = await load(fields, grants, more).catch((reason: unknown) => reason)
    assert.ok(error instanceof ConfigError, 'expected problems')
    return error.message.split('\n').map((line) => line.replace(`${folder}/`, ''))
  }

  const LEAST = '    issuer: https://login.example.org\n    clientId: cordon\n'

  it('needs an issuer, a client and what groups are worth; the rest has defaults', async () => {
    assert.deepEqual(await load(LEAST), {
      provider: {
        issuer: 'https://login.example.org',
        clientId: 'cordon',
        scopes: ['openid', 'profile', 'groups'],
        groupsClaim: 'groups',
        nameClaim: 'name',
      },
      rules: {
        grants: [
          { group: 'csirt', roles: ['analyst', 'approver'] },
          { group: 'physics-it', roles: ['itss'], departments: ['physics'] },
        ],
        sessionLasts: 8 * 3_600_000,
        rolesLast: 30 * 24 * 3_600_000,
      },
    })
  })

  it('says of every group what is wrong with it, and where', async () => {
    const grants = `    roles:
      - { group: a, roles: [trigger] }
      - { group: b, roles: [boss] }
      - { group: c, roles: [itss] }
      - { group: d, roles: [viewer], departments: [law] }
`
    assert.deepEqual(await problems(LEAST, grants), [
      'cordon.yaml:11:29: login.oidc.roles.0.roles.0: trigger is for machines; known are viewer, analyst, approver, noc, admin, privacy, itss',
      "cordon.yaml:12:29: login.oidc.roles.1.roles.0: there is no role 'boss'; known are viewer, analyst, approver, noc, admin, privacy, itss",
      'cordon.yaml:13:28: login.oidc.roles.2.roles: itss is for departments; name them beside it',
      "cordon.yaml:14:52: login.oidc.roles.3.departments.0: there is no department 'law'",
    ])
  })

  for (const [issuer, words] of [
    ['http://login.example.org', /must begin with https/],
    ['login.example.org', /is no address such as/],
    ['https://login.example.org/?x=1', /no query and no fragment/],
    ['https://login.example.org/.well-known/openid-configuration', /give the issuer itself/],
  ] as const)
    it(`refuses the issuer ${issuer}`, async () => {
      const [problem, ...more] = await problems(`    issuer: ${issuer}\n    clientId: cordon\n`)
      assert.match(problem ?? '', words)
      assert.match(problem ?? '', /^cordon\.yaml:8:13: login\.oidc\.issuer: /)
      assert.deepEqual(more, [])
    })

  it('takes http of this machine alone, as for tests', async () => {
    for (const host of ['127.0.0.1:3000', 'localhost:3000', '[::1]:3000'])
      assert.ok(await load(`    issuer: http://${host}\n    clientId: cordon\n`))
  })

  it('refuses a secret in the file itself, without repeating it', async () => {
    const [problem = ''] = await problems(`${LEAST}    clientSecret: hunter2\n`)
    assert.match(problem, /login\.oidc\.clientSecret: it must be a reference/)
    assert.equal(problem.includes('hunter2'), false)
    assert.equal((await load(`${LEAST}    clientSecret: env:SECRET\n`))?.provider.clientSecret, 'env:SECRET')
  })

  it('wants a redirectUrl that fits how people reach Cordon', async () => {
    const url = (text: string) => `${LEAST}    redirectUrl: ${text}\n`
    assert.match((await problems(url('http://a.test/callback'))).join(), /must end with \/login\/callback/)
    assert.match((await problems(url('https://a.test/login/callback'))).join(), /says that there is TLS/)
    const proxied = 'listen: { behindTlsProxy: true }\n'
    assert.match(
      (await problems(url('http://a.test/login/callback'), GRANTS, proxied)).join(),
      /must begin with https/,
    )
    assert.ok(await load(url('https://a.test/login/callback'), GRANTS, proxied))
  })

  it('refuses times that do not fit, and scopes without openid', async () => {
    assert.match((await problems(`${LEAST}    sessionLasts: soon\n`)).join(), /login\.oidc\.sessionLasts/)
    assert.match(
      (await problems(`${LEAST}    sessionLasts: 2d\n    rolesLast: 1d\n`)).join(),
      /would last longer/,
    )
    assert.match((await problems(`${LEAST}    scopes: [profile]\n`)).join(), /openid must be among them/)
  })
})
