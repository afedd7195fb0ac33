import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { AdapterError } from '../../adapters/adapter.ts'
import { readSecret } from './secret.ts'

describe('a secret', () => {
  it('is read from a file or a variable, without the newline at its end', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'cordon-secret-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'secret')
    await writeFile(file, 'two words\n')
    assert.equal(await readSecret(`file:${file}`, {}, '/elsewhere'), 'two words')
    assert.equal(await readSecret('file:secret', {}, folder), 'two words', 'beside the configuration')
    assert.equal(await readSecret('env:SECRET', { SECRET: 'hush' }, folder), 'hush')
  })

  for (const reference of ['file:/nowhere/at/all', 'env:UNSET', 'env:EMPTY', 'hunter2', 'file:', 'ftp:x'])
    it(`that cannot be had is an error of its reference alone: ${reference}`, () =>
      assert.rejects(readSecret(reference, { EMPTY: '' }, '/'), (error) => {
        assert.ok(error instanceof AdapterError)
        assert.equal(error.code, 'bad-config')
        assert.ok(!error.message.includes('hunter2'), 'what could be the secret itself is not repeated')
        return true
      }))
})
