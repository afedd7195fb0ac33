import { open, readFile, rename } from 'node:fs/promises'

/** The number of the last event that a receiver is thought to have, in a file. */
export interface PositionFile {
  /** `undefined` when there is none yet. @throws Error when it cannot be read as one */
  read(): Promise<number | undefined>
  /** Takes the place of what was there at once: a crash leaves one or the other. */
  write(seq: number): Promise<void>
}

export function positionFile(path: string): PositionFile {
  return {
    read: async () => {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      return text === undefined ? undefined : seqIn(path, text)
    },
    write: async (seq) => {
      const handle = await open(`${path}.new`, 'w', 0o600)
      try {
        await handle.writeFile(`${JSON.stringify({ seq })}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(`${path}.new`, path)
    },
  }
}

function seqIn(path: string, text: string): number {
  const seq = /^\{"seq":(\d{1,15})\}\n$/.exec(text)?.[1]
  if (seq === undefined)
    throw new Error(`${path} is not as Cordon writes it; remove it to send everything again`)
  return Number(seq)
}
