import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { type LoadedConfig, loadConfig } from './load.ts'
import { ConfigError, problemText } from './yaml-file.ts'

const PLACEMENTS = 'placements:\n  - { name: all, when: {}, use: [{ device: edge, as: acl }] }\n'
const BASIS = 'placements: placement.yaml\nsite: { own: [] }\ndevices:\n  - { name: edge, kind: memory }\n'

const shipped = (path: string): string => new URL(`../../policies/${path}`, import.meta.url).pathname
const INTELMQ = shipped('mappings/intelmq.yaml')

describe('what decides about triggers, in a configuration', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-deciding-'))
    await writeFile(join(folder, 'placement.yaml'), PLACEMENTS)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(more: string): Promise<LoadedConfig> {
    await writeFile(join(folder, 'cordon.yaml'), `${BASIS}${more}`)
    return loadConfig(join(folder, 'cordon.yaml'), { adapters: allAdapters(), witnesses: allWitnesses() })
  }

  async function problems(more: string): Promise<string> {
    const error = await load(more).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ConfigError)
    return error.problems.map(problemText).join('\n')
  }

  it('is read from the files that it names', async () => {
    const { policies, mappings } = await load(`policies: ${shipped('rules')}\nmappings: [${INTELMQ}]\n`)
    assert.ok(policies.length > 0)
    assert.deepEqual(
      mappings.map(({ name }) => name),
      ['intelmq'],
    )
    const { policies: none } = await load('')
    assert.deepEqual(none, [])
  })

  it('says what is wrong, in whichever file', async () => {
    assert.match(
      await problems(`mappings: [${INTELMQ}, ${INTELMQ}]\n`),
      /mappings\.1: there is a form intelmq already/,
    )
    assert.match(await problems('policies: nowhere\n'), /nowhere:1:1: cannot be read/)
    await writeFile(join(folder, 'bad.yaml'), 'name: bad\nfields: 3\n')
    assert.match(await problems('mappings: [bad.yaml]\n'), /bad\.yaml:\d+:\d+: /)
  })
})
