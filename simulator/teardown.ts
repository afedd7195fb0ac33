import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { runCommand } from './command.ts'
import { removeContainers } from './engine/podman.ts'
import { isAbandoned, readState } from './lab-state.ts'
import { type Lock, takeLock } from './lock.ts'
import { isNamespaceOf } from './names.ts'
import { endProcessesOfLab } from './processes.ts'
import { knownLabs, labsFolder, runtimeFolderOf } from './runtime-folder.ts'

const NAMESPACES = '/run/netns'
const LOCK_WAIT_SECONDS = 20

/** One process at a time raises or tears down a lab. */
export async function withLabLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock: Lock = await takeLock(`${runtimeFolderOf(name)}.lock`, LOCK_WAIT_SECONDS)
  try {
    return await work()
  } finally {
    lock.release()
    removeIfEmpty(labsFolder())
  }
}

/** Removes a lab whatever became of it: whole, half raised, crashed, or already gone. */
export async function downLab(name: string): Promise<void> {
  await withLabLock(name, () => clearAway(name))
}

/** As downLab, for a caller that holds the lock. */
export async function clearAway(name: string): Promise<void> {
  const folder = runtimeFolderOf(name)
  await endProcessesOfLab(folder, () => namespacesOf(name))
  await removeContainers(readState(folder)?.containers ?? [])
  await removeNamespaces(namespacesOf(name))
  rmSync(folder, { recursive: true, force: true })
}

/** Removes the labs whose raiser died without doing so. */
export async function sweepAbandoned(): Promise<string[]> {
  const abandoned = knownLabs().filter((name) => isAbandoned(readState(runtimeFolderOf(name))))
  for (const name of abandoned) {
    await withLabLock(name, async () => {
      // whoever held the lock before us may have raised it anew
      if (isAbandoned(readState(runtimeFolderOf(name)))) await clearAway(name)
    })
  }
  return abandoned
}

/** By name, not from the state: what exists is what has to go. */
export function namespacesOf(name: string): string[] {
  if (!existsSync(NAMESPACES)) return []
  return readdirSync(NAMESPACES).filter((namespace) => isNamespaceOf(name, namespace))
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const lines = names.map((name) => `netns del ${name}\n`).join('')
  const { stderr } = await runCommand(['ip', '-force', '-batch', '-'], { input: lines })
  const left = names.filter((name) => existsSync(`${NAMESPACES}/${name}`))
  if (left.length > 0) throw new Error(`these namespaces stayed: ${left.join(', ')} (${stderr.trim()})`)
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // another lab lives in it
  }
}
