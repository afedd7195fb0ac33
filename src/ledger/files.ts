import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The few file operations that the ledger stands on; tests replace them to lose bytes and to fail. */
export interface Files {
  list(): Promise<string[]>
  /** Opens a file for reading and durable writing, creating it (durably) when it is missing. */
  open(name: string): Promise<LedgerFile>
  remove(name: string): Promise<void>
  /** Puts the file `from` in the place of `to`, durably and at once. */
  replace(from: string, to: string): Promise<void>
}

export interface LedgerFile {
  size(): Promise<number>
  read(position: number, length: number): Promise<Buffer>
  /** Writes all of `data` at `position`; on disk when it resolves. */
  write(data: Uint8Array, position: number): Promise<void>
  /** Cuts the file to `length` bytes, durably. */
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** Files of one folder, which is made when it is missing. */
export async function folderFiles(folder: string): Promise<Files> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return {
    list: () => readdir(folder),
    open: (name) => openFile(folder, name),
    remove: async (name) => {
      await rm(join(folder, name), { force: true })
      await syncFolder(folder)
    },
    replace: async (from, to) => {
      await rename(join(folder, from), join(folder, to))
      await syncFolder(folder)
    },
  }
}

async function openFile(folder: string, name: string): Promise<LedgerFile> {
  // O_DSYNC makes one write one durable step: the same guarantee as fdatasync after it, in half the round trips.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC
  const handle = await open(join(folder, name), flags, 0o600)
  await syncFolder(folder)
  return {
    size: async () => (await handle.stat()).size,
    read: (position, length) => readFully(handle, position, length),
    write: (data, position) => writeFully(handle, data, position),
    truncate: async (length) => {
      await handle.truncate(length)
      await handle.sync()
    },
    close: () => handle.close(),
  }
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}

async function writeFully(handle: FileHandle, data: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < data.length) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, position + done)
    done += bytesWritten
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
