import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { BY_HAND } from '../../test/helpers/blocks.ts'
import { readBlockSpec } from '../domain/block-request.ts'
import { isOwn } from '../inventory/inventory.ts'
import { place } from '../placement/place.ts'
import { loadConfig } from './load.ts'
import { ConfigError, problemText } from './yaml-file.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }

/** The configuration and the table of docs/lists.md, as somebody would copy them. */
async function example(t: TestContext, change: (text: string) => string = (text) => text) {
  const page = await readFile(new URL('../../docs/lists.md', import.meta.url), 'utf8')
  const [config = '', placements = ''] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((one) => one[1])
  const folder = await mkdtemp(join(tmpdir(), 'cordon-lists-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'cordon.yaml'), `${change(config)}placements: placement.yaml\n`)
  await writeFile(join(folder, 'placement.yaml'), placements)
  return loadConfig(join(folder, 'cordon.yaml'), REGISTRY)
}

test('the example of docs/lists.md puts offenders outside on firewalls and lists, never on a router', async (t) => {
  const { inventory, placements, crowdsec } = await example(t)
  assert.deepEqual(crowdsec, { serve: 'campus-feed' })
  const devices = (request: Parameters<typeof readBlockSpec>[0], policy = 'manual') => {
    const spec = readBlockSpec(request, (prefix) => isOwn(inventory, prefix))
    return place({ ...spec, ...BY_HAND, policy }, inventory, placements).placed.map(({ device }) => device)
  }
  for (const target of ['198.51.100.7', '198.51.100.0/24', '2001:db8:7::/48'])
    assert.deepEqual(devices({ target }), ['border-linux', 'campus-feed'], target)
  assert.deepEqual(devices({ target: '203.0.113.7', direction: 'to' }), ['border-bird', 'border-linux'])
  assert.deepEqual(devices({ target: '198.51.100.7', match: { protocol: 'tcp' } }), ['border-linux'])
  for (const target of ['198.51.100.7', '203.0.113.7'])
    assert.deepEqual(devices({ target, direction: 'from' }, 'listed/outside'), [
      'border-linux',
      'campus-feed',
    ])
})

test('bouncers are served a list that there is', async (t) => {
  for (const [name, words] of [
    ['border-linux', "there is no device of kind list 'border-linux'; known are campus-feed"],
    ['nowhere', "there is no device of kind list 'nowhere'; known are campus-feed"],
  ])
    await assert.rejects(
      example(t, (text) => text.replace('serve: campus-feed', `serve: ${name}`)),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.match(error.problems.map(problemText).join('\n'), new RegExp(`crowdsec.serve.*${words}`))
        return true
      },
    )
})
