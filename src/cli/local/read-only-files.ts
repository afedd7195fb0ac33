import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Files, LedgerFile } from '../../ledger/files.ts'
import { CliError, EXIT } from '../exit.ts'

/** The files of a ledger, which may be one that is written to. @throws CliError if there is none */
export async function openForReading(folder: string): Promise<Files> {
  const files = readOnlyFiles(folder)
  const names = await files.list().catch((error: NodeJS.ErrnoException) => {
    throw new CliError(EXIT.failure, `cannot read the folder ${folder}: ${error.code ?? error.message}`)
  })
  if (!names.some((name) => /^\d{8}\.jsonl$/.test(name)))
    throw new CliError(EXIT.failure, `${folder} holds no ledger`)
  return files
}

/** Files of one folder, for reading alone: a missing one reads as empty instead of being made. */
function readOnlyFiles(folder: string): Files {
  const refuse = (): Promise<never> => Promise.reject(new Error('who reads a ledger changes nothing'))
  return {
    list: () => readdir(folder),
    open: (name) => openFile(join(folder, name)),
    remove: refuse,
    replace: refuse,
  }
}

async function openFile(path: string): Promise<LedgerFile> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const refuse = (): Promise<never> => Promise.reject(new Error('who reads a ledger changes nothing'))
  return {
    size: async () => (handle === undefined ? 0 : (await handle.stat()).size),
    read: async (position, length) =>
      handle === undefined ? Buffer.alloc(0) : readPart(handle, position, length),
    write: refuse,
    truncate: refuse,
    close: async () => handle?.close(),
  }
}

async function readPart(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}
