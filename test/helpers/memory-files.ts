import type { Files, LedgerFile } from '../../src/ledger/files.ts'
import { SparseBytes } from './sparse-bytes.ts'

/** What a disk holds: its files by name. */
export type Disk = ReadonlyMap<string, SparseBytes>

/** Files that live in memory. */
export interface MemoryFiles extends Files {
  /** A copy of every file. */
  snapshot(): Map<string, Buffer>
  /** Puts these files in the place of all there are; handles that are open go on with what they had. */
  restore(files: ReadonlyMap<string, Uint8Array>): void
  /** A copy of everything that takes hardly any memory. */
  disk(): Map<string, SparseBytes>
}

/** Every operation settles in a microtask, so that a virtual clock needs to wait for no real I/O. */
export function memoryFiles(initial: Disk = new Map()): MemoryFiles {
  const bodies = new Map([...initial].map(([name, body]) => [name, body.copy()]))
  return {
    list: async () => [...bodies.keys()],
    open: async (name) => {
      const body = bodies.get(name) ?? SparseBytes.from(Buffer.alloc(0))
      bodies.set(name, body)
      return handleOf(name, body)
    },
    remove: async (name) => {
      bodies.delete(name)
    },
    replace: async (from, to) => {
      const body = bodies.get(from)
      if (body === undefined) throw withCode('ENOENT', `no file ${from}`)
      bodies.delete(from)
      bodies.set(to, body)
    },
    snapshot: () => new Map([...bodies].map(([name, body]) => [name, body.read(0, body.length)])),
    restore: (files) => {
      bodies.clear()
      for (const [name, data] of files) bodies.set(name, SparseBytes.from(data))
    },
    disk: () => new Map([...bodies].map(([name, body]) => [name, body.copy()])),
  }
}

function handleOf(name: string, body: SparseBytes): LedgerFile {
  let closed = false
  const mustBeOpen = (): void => {
    if (closed) throw withCode('EBADF', `${name} is closed`)
  }
  return {
    size: async () => {
      mustBeOpen()
      return body.length
    },
    read: async (position, length) => {
      mustBeOpen()
      return body.read(position, length)
    },
    write: async (data, position) => {
      mustBeOpen()
      body.write(data, position)
    },
    truncate: async (length) => {
      mustBeOpen()
      body.resize(length)
    },
    close: async () => {
      mustBeOpen()
      closed = true
    },
  }
}

/** An error as Node's file functions throw it. */
export function withCode(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
