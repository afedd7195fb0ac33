import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { type LoadedConfig, loadConfig } from './load.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }

const SITE = 'site: { own: [192.0.2.0/24] }\n'
const DEVICES = 'devices: [{ name: edge, kind: memory }]\n'

describe('audit and pager in cordon.yaml', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-config-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(config: string): Promise<LoadedConfig> {
    await writeFile(join(folder, 'cordon.yaml'), `placements: placement.yaml\n${config}`)
    await writeFile(
      join(folder, 'placement.yaml'),
      'placements: [{ name: all, when: {}, use: [{ device: edge, as: acl }] }]\n',
    )
    return loadConfig(join(folder, 'cordon.yaml'), REGISTRY)
  }

  it('an export and a pager have defaults and absolute paths', async () => {
    const { syslog, pager } = await load(
      `${SITE}${DEVICES}audit: { syslog: { host: log.example.org, port: 6514, tls: { caFile: ca.pem } } }\npager: { command: [sh, -c, 'exit 0'] }\n`,
    )
    assert.deepEqual(syslog, {
      ...{ host: 'log.example.org', port: 6514, facility: 'audit', appName: 'cordon' },
      tls: { caFile: join(folder, 'ca.pem') },
    })
    assert.deepEqual(pager, { command: ['sh', '-c', 'exit 0'], timeout: 10_000 })
    const local = await load(
      `${SITE}${DEVICES}audit: { syslog: { host: 127.0.0.1, port: 601, tls: false } }\n`,
    )
    assert.equal(local.syslog?.tls, undefined)
    const plain = await load(`${SITE}${DEVICES}audit: { syslog: { host: log.example.org, port: 6514 } }\n`)
    assert.deepEqual(plain.syslog?.tls, {}, 'TLS unless told otherwise')
  })

  const wrong: readonly [what: string, config: string, problem: RegExp][] = [
    [
      'an audit that would be sent in clear',
      `${SITE}${DEVICES}audit: { syslog: { host: log.example.org, port: 601, tls: false } }\n`,
      /audit\.syslog\.tls: the audit would go to log\.example\.org over the network in clear/,
    ],
    [
      'TLS by a word',
      `${SITE}${DEVICES}audit: { syslog: { host: 127.0.0.1, port: 601, tls: true } }\n`,
      /audit\.syslog\.tls: may be false; for TLS leave it out/,
    ],
    [
      'a certificate without its key',
      `${SITE}${DEVICES}audit: { syslog: { host: 127.0.0.1, port: 601, tls: { certFile: a.pem } } }\n`,
      /audit\.syslog\.tls: certFile and keyFile go together/,
    ],
    [
      'an unknown field of TLS',
      `${SITE}${DEVICES}audit: { syslog: { host: 127.0.0.1, port: 601, tls: { ca: a.pem } } }\n`,
      /audit\.syslog\.tls\.ca: unknown field/,
    ],
    [
      'a pager that cannot be run',
      `${SITE}${DEVICES}pager: { command: [./cordon.yaml] }\n`,
      /pager\.command\.0: .*cordon\.yaml is no file that this user can run/,
    ],
    [
      'a pager that may take for ever',
      `${SITE}${DEVICES}pager: { command: [sh], timeout: 1h }\n`,
      /pager\.timeout: is over 5m/,
    ],
  ]
  for (const [what, config, problem] of wrong)
    it(`${what} is a problem`, () => assert.rejects(load(config), { name: 'ConfigError', message: problem }))
})
