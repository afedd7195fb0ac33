import type { Files, LedgerFile } from '../../src/ledger/files.ts'

/** Files that live in memory; a snapshot of them is what a disk would hold. */
export interface MemoryFiles extends Files {
  /** A copy of every file. */
  snapshot(): Map<string, Buffer>
  /** Puts these files in the place of all there are; handles that are open go on with what they had. */
  restore(files: ReadonlyMap<string, Uint8Array>): void
}

/** The bytes of one file; a handle keeps them when the name is given to another file. */
interface Body {
  bytes: Buffer
  length: number
}

/** Every operation settles in a microtask, so that a virtual clock needs to wait for no real I/O. */
export function memoryFiles(initial: ReadonlyMap<string, Uint8Array> = new Map()): MemoryFiles {
  const bodies = new Map<string, Body>()
  const restore = (files: ReadonlyMap<string, Uint8Array>): void => {
    bodies.clear()
    for (const [name, data] of files) bodies.set(name, { bytes: Buffer.from(data), length: data.length })
  }
  restore(initial)
  return {
    list: async () => [...bodies.keys()],
    open: async (name) => {
      const body = bodies.get(name) ?? { bytes: Buffer.alloc(0), length: 0 }
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
    snapshot: () =>
      new Map([...bodies].map(([name, { bytes, length }]) => [name, Buffer.from(bytes.subarray(0, length))])),
    restore,
  }
}

function handleOf(name: string, body: Body): LedgerFile {
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
      return Buffer.from(body.bytes.subarray(position, Math.min(position + length, body.length)))
    },
    write: async (data, position) => {
      mustBeOpen()
      resize(body, Math.max(body.length, position + data.length))
      body.bytes.set(data, position)
    },
    truncate: async (length) => {
      mustBeOpen()
      resize(body, length)
    },
    close: async () => {
      mustBeOpen()
      closed = true
    },
  }
}

/** Grows by doubling, since files grow by many small writes; what is cut off reads as zeros when it comes back. */
function resize(body: Body, length: number): void {
  if (length > body.bytes.length) {
    const larger = Buffer.alloc(Math.max(length, body.bytes.length * 2))
    body.bytes.copy(larger, 0, 0, body.length)
    body.bytes = larger
  } else if (length < body.length) body.bytes.fill(0, length, body.length)
  body.length = length
}

/** An error as Node's file functions throw it. */
export function withCode(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
