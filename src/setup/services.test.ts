import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'

const module: string = './services.mjs'
const { withoutStartingServices } = (await import(module)) as {
  withoutStartingServices: (install: () => void, path: string) => void
}

function inFolder(run: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-policy-'))
  try {
    run(join(folder, 'policy-rc.d'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function assertForbids(path: string): void {
  assert.equal(spawnSync(path, ['bird', 'start']).status, 101)
}

describe('installing without starting services', () => {
  it('forbids them meanwhile and leaves nothing behind', () =>
    inFolder((path) => {
      withoutStartingServices(() => assertForbids(path), path)
      assert.deepEqual(readdirSync(dirname(path)), [])
    }))

  it('puts the own policy of the machine back, also after a failure', () =>
    inFolder((path) => {
      writeFileSync(path, '#!/bin/sh\nexit 0\n')
      const install = (): void => {
        assertForbids(path)
        throw new Error('no network')
      }
      assert.throws(() => withoutStartingServices(install, path), /no network/)
      assert.equal(readFileSync(path, 'utf8'), '#!/bin/sh\nexit 0\n')
      assert.deepEqual(readdirSync(dirname(path)), ['policy-rc.d'])
    }))

  it('clears up after an installation that was killed', () =>
    inFolder((path) => {
      let ours = ''
      withoutStartingServices(() => {
        ours = readFileSync(path, 'utf8')
      }, path)
      writeFileSync(path, ours)
      withoutStartingServices(() => assertForbids(path), path)
      assert.ok(!existsSync(path))

      writeFileSync(path, ours)
      writeFileSync(`${path}.before-cordon`, 'of the machine')
      withoutStartingServices(() => assertForbids(path), path)
      assert.equal(readFileSync(path, 'utf8'), 'of the machine')
    }))
})
