import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse, stringify } from 'yaml'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import type { Source } from '../triggers/source.ts'
import { loadConfig } from './load.ts'
import { whatNeedsRestart } from './restart.ts'
import { ConfigError, problemText } from './yaml-file.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }
const SPOOL = { name: 'warden', kind: 'spool', token: 'warden', folder: 'spool', format: 'idea' }
const LAPI = { name: 'lapi', kind: 'crowdsec', token: 'cs', url: 'http://127.0.0.1:8080', key: 'file:key' }

describe('sources in cordon.yaml', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-sources-'))
    await writeFile(
      join(folder, 'placement.yaml'),
      'placements: [{ name: all, when: {}, use: [{ device: edge, as: acl }] }]\n',
    )
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(sources: readonly object[], more: object = {}) {
    const config = {
      placements: 'placement.yaml',
      site: { own: ['192.0.2.0/24'] },
      devices: [{ name: 'edge', kind: 'memory' }],
      ...more,
      sources,
    }
    await writeFile(join(folder, 'cordon.yaml'), stringify(config))
    return loadConfig(join(folder, 'cordon.yaml'), REGISTRY)
  }
  const read = async (...sources: readonly object[]): Promise<readonly Source[]> =>
    (await load(sources)).sources

  it('have absolute paths and a default', async () => {
    assert.deepEqual(
      await read(SPOOL, { ...LAPI, url: 'https://cs.example.org/', ca: 'ca.pem', origins: ['cscli'] }),
      [
        { ...SPOOL, folder: join(folder, 'spool') },
        {
          ...{ ...LAPI, url: 'https://cs.example.org/', every: 10_000, origins: ['cscli'] },
          ca: join(folder, 'ca.pem'),
        },
      ],
    )
    assert.deepEqual((await load([])).sources, [])
  })

  it('are as docs/triggers.md shows them', async () => {
    const page = await readFile(new URL('../../docs/triggers.md', import.meta.url), 'utf8')
    const [, text = ''] = /^```yaml\n(sources:\n.*?)^```$/ms.exec(page) ?? []
    const { sources } = parse(text) as { sources: readonly object[] }
    assert.deepEqual(
      (await read(...sources)).map(({ kind }) => kind),
      ['spool', 'crowdsec'],
    )
  })

  it('may have the form of a mapping of the site', async () => {
    const shipped = new URL('../../policies/mappings/intelmq.yaml', import.meta.url).pathname
    const { sources } = await load([{ ...SPOOL, format: 'intelmq' }], { mappings: [shipped] })
    assert.equal(sources.length, 1)
  })

  for (const [what, sources, words] of [
    [
      'a form that there is not',
      [{ ...SPOOL, format: 'ideal' }],
      /:\d+:\d+: sources\.0\.format: there is no form of triggers 'ideal'; known are fastnetmon, idea, xarf/,
    ],
    ['a kind that there is not', [{ ...SPOOL, kind: 'mail' }], /sources\.0\.kind/],
    [
      'a field of the other kind',
      [{ ...SPOOL, url: 'http://127.0.0.1/' }],
      /sources\.0\.url: a source of kind spool has no such field/,
    ],
    ['a field that nobody knows', [{ ...SPOOL, color: 1 }], /sources\.0\.color: unknown field/],
    ['nothing to ask', [{ name: 'x', kind: 'crowdsec', token: 't' }], /needs url(.|\n)*needs key/],
    ['no token', [{ ...SPOOL, token: undefined }], /token/],
    ['a name twice', [SPOOL, { ...SPOOL, folder: 'other' }], /sources\.1\.name: 'warden' is there twice/],
    [
      'a folder twice',
      [SPOOL, { ...SPOOL, name: 'b', folder: './spool/' }],
      /sources\.1\.folder: warden follows/,
    ],
    ['a key in clear', [{ ...LAPI, key: 'abcdef' }], /sources\.0\.key: it must be a reference/],
    [
      'a network in clear',
      [{ ...LAPI, url: 'http://cs.example.org:8080/' }],
      /sources\.0\.url: the key would go/,
    ],
    ['no address', [{ ...LAPI, url: '127.0.0.1:8080' }], /sources\.0\.url: '127\.0\.0\.1:8080' is not/],
    ['a password in the address', [{ ...LAPI, url: 'https://a:b@cs.example.org/' }], /sources\.0\.url/],
    ['too often', [{ ...LAPI, every: '1h' }], /sources\.0\.every: is from 1s to 5m/],
    ['certificates for nothing', [{ ...LAPI, ca: 'ca.pem' }], /sources\.0\.ca: .*https alone/],
    ['two origins in one', [{ ...LAPI, origins: ['CAPI,lists'] }], /sources\.0\.origins\.0/],
  ] as const)
    it(`are refused with their line: ${what}`, async () => {
      await assert.rejects(load(sources), (error) => {
        assert.ok(error instanceof ConfigError, String(error))
        assert.match(error.problems.map(problemText).join('\n'), words)
        return true
      })
    })

  it('take a restart to change', async () => {
    const [one, other] = [await load([SPOOL]), await load([{ ...SPOOL, token: 'another' }])]
    assert.deepEqual(whatNeedsRestart(one, other), ['sources'])
    assert.deepEqual(whatNeedsRestart(one, one), [])
  })
})
