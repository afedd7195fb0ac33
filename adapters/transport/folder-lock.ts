import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'

/**
 * Holds a folder for one process: flock(2) on `FOLDER/lock`, taken by flock(1) on an inherited descriptor and so
 * held by ours until `release`, or until this process ends in whatever way.
 * @returns undefined when another one holds it
 */
export async function lockFolder(folder: string): Promise<(() => Promise<void>) | undefined> {
  const file = await open(`${folder}/lock`, 'a+', 0o600)
  try {
    if (!(await tryLock(file))) {
      await file.close()
      return undefined
    }
    await file.truncate(0)
    await file.write(`${process.pid}\n`)
  } catch (error) {
    await file.close()
    throw error
  }
  let held = true
  return async () => {
    if (!held) return
    held = false
    await file.close()
  }
}

async function tryLock(file: FileHandle): Promise<boolean> {
  const child = spawn('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}
