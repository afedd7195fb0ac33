import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { CliError, interrupted, usage } from '../exit.ts'
import type { Io } from '../io.ts'

/** A hundred thousand lines with long reasons. */
const MOST_BYTES = 64 << 20

/** How messages call a file; `-` is standard input. */
export function fileName(file: string): string {
  return file === '-' ? '<stdin>' : file
}

/** The text of a file, or of standard input. @throws CliError */
export async function readText(file: string, io: Pick<Io, 'cwd' | 'input' | 'signal'>): Promise<string> {
  const bytes = await readBytes(file, io)
  if (!isUtf8(bytes))
    throw usage(`${fileName(file)} is not UTF-8; convert it, such as with: iconv -f LATIN1 -t UTF-8`)
  return bytes.toString('utf8')
}

async function readBytes(file: string, io: Pick<Io, 'cwd' | 'input' | 'signal'>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    const { signal } = io
    for await (const part of file === '-'
      ? io.input()
      : createReadStream(resolve(io.cwd, file), { signal })) {
      const bytes = part as Uint8Array
      length += bytes.length
      if (length > MOST_BYTES) throw usage(`${fileName(file)} has over ${MOST_BYTES >> 20} MiB; split it`)
      parts.push(bytes)
    }
  } catch (error) {
    if (io.signal.aborted) throw interrupted('interrupted; nothing was sent')
    if (error instanceof CliError) throw error
    throw usage(`${fileName(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  return Buffer.concat(parts)
}
