import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, mkdirSync, openSync, statSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Lock {
  release(): void
}

/**
 * Holds a file's advisory lock until released or until this process dies, however it dies. flock(1) locks the
 * open file that it shares with us, so the lock outlives it and no native module is needed.
 */
export async function takeLock(path: string, waitSeconds: number): Promise<Lock> {
  for (;;) {
    const fd = openLockFile(path)
    const flock = spawn('flock', ['-w', String(waitSeconds), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    })
    const [code] = (await once(flock, 'close')) as [number | null]
    if (code === 0 && isStillAt(path, fd)) return { release: () => release(path, fd) }
    closeSync(fd)
    if (code !== 0) throw new Error(`${path} is locked: another process raises or tears down this lab`)
    // the holder before us removed the file: ours is a lock that nobody else will look for
  }
}

function openLockFile(path: string): number {
  for (;;) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    try {
      return openSync(path, 'a', 0o600)
    } catch (error) {
      // the last lab to go takes the empty folder with it
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}

function release(path: string, fd: number): void {
  unlinkSync(path)
  closeSync(fd)
}

function isStillAt(path: string, fd: number): boolean {
  try {
    return statSync(path).ino === fstatSync(fd).ino
  } catch {
    return false
  }
}
