import type { Stats } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** As many links as Linux itself follows (path_resolution(7)). */
const MOST_LINKS = 40

/**
 * Why the file at this path may not be started: it is not there, or somebody else than root and `uid` could put another
 * in its place. Every folder and link on the way is looked at, as sshd does with its files; `undefined` when all is well.
 */
export async function whyUntrusted(path: string, uid: number): Promise<string | undefined> {
  let [at, links] = ['/', 0]
  let ahead = partsOf(path)
  try {
    for (;;) {
      const why = whyNotFolder(at, await lstat(at), uid)
      const [next, ...rest] = ahead
      if (why !== undefined || next === undefined) return why ?? `${path} is a folder`
      const here = join(at, next)
      const stats = await lstat(here)
      if (stats.isSymbolicLink()) {
        links += 1
        if (links > MOST_LINKS) return `${path} leads in a circle of links`
        ahead = [...partsOf(resolve(dirname(here), await readlink(here))), ...rest]
        at = '/'
      } else if (rest.length === 0) return whyNotFile(here, stats, uid)
      else {
        ahead = rest
        at = here
      }
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

/** In a sticky folder others can add, and cannot replace (inode(7)). */
function whyNotFolder(path: string, stats: Stats, uid: number): string | undefined {
  if (!stats.isDirectory()) return `${path} is no folder`
  return whyNotOwned(path, stats, uid) ?? ((stats.mode & 0o1000) === 0 ? whyWritable(path, stats) : undefined)
}

function whyNotFile(path: string, stats: Stats, uid: number): string | undefined {
  if (!stats.isFile()) return `${path} is no file`
  if ((stats.mode & 0o111) === 0) return `${path} is not executable: chmod 755 ${path}`
  return whyNotOwned(path, stats, uid) ?? whyWritable(path, stats)
}

function whyNotOwned(path: string, { uid: owner }: Stats, uid: number): string | undefined {
  if (owner === 0 || owner === uid) return undefined
  return `${path} belongs to the user ${owner}, who could replace it: chown root ${path}`
}

function whyWritable(path: string, { mode }: Stats): string | undefined {
  if ((mode & 0o022) === 0) return undefined
  return `${path} can be written by others (mode ${(mode & 0o7777).toString(8)}): chmod go-w ${path}`
}
