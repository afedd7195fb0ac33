import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'

const BYTES = 32

/**
 * The key of the Message-IDs of this site, which is made once. Whoever has it can make mails that seem to answer ours; when it
 * is lost, answers to older mails are held for a person.
 * @throws Error when the file is there and holds something else
 */
export async function threadKey(path: string): Promise<Buffer> {
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (kept === undefined) {
    const key = randomBytes(BYTES)
    await writeFile(path, `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
    return key
  }
  if (!/^[0-9a-f]{64}\n?$/.test(kept))
    throw new Error(`${path} is no key as Cordon writes it; put the right one back, or remove it`)
  return Buffer.from(kept.trim(), 'hex')
}
