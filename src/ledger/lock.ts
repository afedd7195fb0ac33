import { spawnSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

export class LedgerLocked extends Error {
  constructor(folder: string, pid: string) {
    super(
      `the ledger in ${folder} is in use by process ${pid || 'unknown'}; one controller writes a ledger at a time`,
    )
    this.name = 'LedgerLocked'
  }
}

/**
 * Locks the folder for this process and writes the pid into the lock file. The lock is the kernel's (flock on a
 * descriptor that stays open), so it goes with the process however that ends.
 * @throws LedgerLocked
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'lock')
  const fd = openSync(path, 'a+', 0o600)
  const locked = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] })
  if (locked.error !== undefined || locked.status !== 0) {
    const holder = readFileSync(path, 'utf8').trim()
    closeSync(fd)
    if (locked.error !== undefined)
      throw new Error(`cannot lock ${path}: the flock command is missing`, { cause: locked.error })
    throw new LedgerLocked(folder, holder)
  }
  ftruncateSync(fd, 0)
  writeSync(fd, `${process.pid}\n`)
  return () => closeSync(fd)
}

/**
 * Whether anybody has the folder locked, by the kernel's word: a process that was killed may hold on for some
 * milliseconds after {@link lockHolder} finds no files of it any more.
 */
export function isLocked(folder: string): boolean {
  try {
    lockFolder(folder)()
    return false
  } catch (error) {
    if (error instanceof LedgerLocked) return true
    throw error
  }
}

/**
 * The process that has the folder locked, by the pid in its lock file, if that process really has the file open;
 * `undefined` when there is none.
 */
export function lockHolder(folder: string): number | undefined {
  try {
    const path = realpathSync(join(folder, 'lock'))
    const pid = Number(readFileSync(path, 'utf8').trim())
    if (!Number.isInteger(pid) || pid <= 1) return undefined
    const descriptors = `/proc/${pid}/fd`
    return readdirSync(descriptors).some((fd) => isLink(join(descriptors, fd), path)) ? pid : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw error
  }
}

function isLink(descriptor: string, path: string): boolean {
  try {
    return readlinkSync(descriptor) === path
  } catch {
    // Closed meanwhile.
    return false
  }
}
