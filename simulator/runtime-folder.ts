import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkLabName } from './names.ts'

/** The kernel cuts longer paths of Unix sockets without a word. */
const MAX_SOCKET_PATH = 107

/** Where all labs of this user keep their folders; short, because sockets live below it. */
export function labsFolder(): string {
  if (process.getuid?.() === 0 && isWritable('/run')) return '/run/cordon-lab'
  return join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), 'cordon-lab')
}

export function runtimeFolderOf(lab: string): string {
  return join(labsFolder(), checkLabName(lab))
}

export function socketPath(runtimeFolder: string, file: string): string {
  const path = join(runtimeFolder, file)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  throw new RangeError(`${path} is too long for a Unix socket`)
}

/** The names of all labs that left a folder, whole or not. */
export function knownLabs(): string[] {
  if (!existsSync(labsFolder())) return []
  return readdirSync(labsFolder(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
