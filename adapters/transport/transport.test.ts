import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { realClock } from '../../test/helpers/system-clock.ts'
import { findExecutable, startDetached } from './child.ts'
import { lockFolder } from './folder-lock.ts'
import { endProcess, findProcesses, identify, isRunning } from './process.ts'

const clock = realClock()

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync('/tmp/cordon-transport-')
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A started child keeps nobody from ending, this test neither: so something else has to. */
async function awaited<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 1_000)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}

/** A shell script with the folder's name as its argument. */
const script = (folder: string, text: string) => ({
  file: '/bin/sh',
  args: ['-c', text, folder],
  env: { PATH: '/usr/bin:/bin', MARK: folder },
  logFile: join(folder, 'log'),
})

describe('child processes', () => {
  it('is found by argument and environment together, and ended by name and start', () =>
    inFolder(async (folder) => {
      // A shell that starts programs looks like two of itself between fork and exec.
      const child = await startDetached(script(folder, 'while :; do :; done'))
      try {
        assert.deepEqual(identify(child.id.pid), child.id)
        assert.deepEqual(findProcesses(folder, `MARK=${folder}`), [child.id])
        assert.deepEqual(findProcesses(folder, 'MARK=other'), [])
        assert.ok(!isRunning({ ...child.id, started: child.id.started - 1 }), 'another one with its number')
      } finally {
        assert.ok(await endProcess(child.id, 2_000, clock))
      }
      assert.equal(await awaited(child.ended), 'SIGTERM')
      assert.ok(await endProcess(child.id, 10, clock), 'twice is harmless')
    }))

  it('insists when asking does not help', () =>
    inFolder(async (folder) => {
      const child = await startDetached(
        script(folder, "trap '' TERM; echo ready; while :; do sleep 0.05; done"),
      )
      while (!readFileSync(join(folder, 'log'), 'utf8').includes('ready')) await new Promise(setImmediate)
      assert.ok(await endProcess(child.id, 100, clock))
      assert.equal(await awaited(child.ended), 'SIGKILL')
    }))

  it('passes nothing of our environment on, and keeps what was said', () =>
    inFolder(async (folder) => {
      process.env['CORDON_CANARY'] = 'secret'
      const child = await startDetached(script(folder, 'env; echo problem >&2; exit 3'))
      delete process.env['CORDON_CANARY']
      assert.equal(await awaited(child.ended), 'exit code 3')
      const log = readFileSync(join(folder, 'log'), 'utf8')
      assert.match(log, /problem/)
      assert.doesNotMatch(log, /CORDON_CANARY/)
    }))

  it('rejects what cannot be started, and finds only what may be run', () =>
    inFolder(async (folder) => {
      await assert.rejects(startDetached({ ...script(folder, ''), file: join(folder, 'none') }))
      assert.equal(findExecutable('sh', '/nowhere:/bin'), '/bin/sh')
      assert.equal(findExecutable('/bin/sh'), '/bin/sh')
      assert.equal(findExecutable(folder), undefined)
      assert.equal(findExecutable('no-such-program'), undefined)
    }))

  it('a folder is held once, until it is released', () =>
    inFolder(async (folder) => {
      const release = await lockFolder(folder)
      assert.ok(release)
      assert.equal(await lockFolder(folder), undefined)
      await release()
      await release()
      const again = await lockFolder(folder)
      assert.ok(again)
      await again()
    }))
})
