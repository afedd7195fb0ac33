import { readFile, rename, writeFile } from 'node:fs/promises'

/** How the command line finds a controller of its own user. */
export interface AccessFile {
  readonly url: string
  readonly socket?: string
  readonly token: string
}

export async function readAccessFile(path: string): Promise<AccessFile | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as AccessFile
  } catch {
    return undefined
  }
}

/** Writes the file for its user alone, whole or not at all. */
export async function writeAccessFile(path: string, access: AccessFile): Promise<void> {
  const fresh = `${path}.new`
  await writeFile(fresh, `${JSON.stringify(access)}\n`, { mode: 0o600 })
  await rename(fresh, path)
}
