import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openLedger } from '../../test/helpers/test-ledger.ts'
import { isLocked, LedgerLocked, lockFolder, lockHolder } from './lock.ts'

describe('the lock of a ledger', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-lock-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('refuses a second opener, with the pid of the first', () => {
    const unlock = lockFolder(folder)
    assert.throws(
      () => lockFolder(folder),
      (error) => {
        assert.ok(error instanceof LedgerLocked)
        assert.match(error.message, new RegExp(`in use by process ${process.pid};`))
        return true
      },
    )
    unlock()
    lockFolder(folder)()
  })

  it('refuses an opener in another process, and goes when the first is killed', async () => {
    const script = `import { lockFolder } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}
      lockFolder(process.argv[1])
      console.log('locked')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await assert.rejects(openLedger({ folder }), new RegExp(`in use by process ${child.pid};`))
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    const ledger = await openLedger({ folder })
    await ledger.close()
  })

  it('is held by whoever the kernel says, also when the process in the file has no files any more', async () => {
    const path = join(folder, 'lock')
    const child = spawn('flock', [path, 'sh', '-c', 'echo locked; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    await once(child.stdout, 'data')
    await writeFile(path, '4194304\n')
    assert.deepEqual([lockHolder(folder), isLocked(folder)], [undefined, true])
    const ended = once(child, 'close')
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    await ended
    assert.equal(isLocked(folder), false)
  })

  it('is given back when the ledger cannot be opened, and when it is closed', async () => {
    const broken = {
      folder,
      get segmentBytes(): number {
        throw new Error('broken')
      },
    }
    await assert.rejects(async () => openLedger(broken), /broken/)
    const ledger = await openLedger({ folder })
    await assert.rejects(openLedger({ folder }), LedgerLocked)
    await ledger.close()
    await (await openLedger({ folder })).close()
  })
})
