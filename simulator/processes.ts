import { readdirSync, readFileSync, statSync } from 'node:fs'
import { eventually } from './eventually.ts'

/** Every process of a lab carries its folder in this variable: found again whatever was or was not recorded. */
export const MARK = 'CORDON_LAB'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

export function markedEnvironment(runtimeFolder: string): NodeJS.ProcessEnv {
  return { ...process.env, [MARK]: runtimeFolder }
}

/** undefined when the process is gone. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  // the second field, the command's name, may itself contain spaces and brackets
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (!fields || fields[0] === 'Z') return undefined
  return { pid, startTime: fields[19] ?? '' }
}

/** What was started, with the identity of its process; nothing when it is gone already. */
export function withIdentity<T extends { readonly pid: number }>(started: T): (T & ProcessIdentity)[] {
  const identity = identify(started.pid)
  return identity ? [{ ...started, ...identity }] : []
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime
}

/** All living processes that carry the lab's mark or live in one of its namespaces, except the asking one. */
export function processesOfLab(runtimeFolder: string, namespaces: readonly string[]): ProcessIdentity[] {
  const homes = new Set(namespaces.map((name) => namespaceIdentity(`/run/netns/${name}`)))
  homes.delete(undefined)
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => isMarked(pid, runtimeFolder) || homes.has(namespaceIdentity(`/proc/${pid}/ns/net`)))
    .map((pid) => identify(Number(pid)))
    .filter((identity) => identity !== undefined)
}

/** Ends them all for good; asks again each time, because the dying may have had children or made namespaces. */
export async function endProcessesOfLab(
  runtimeFolder: string,
  namespaces: () => readonly string[],
): Promise<void> {
  await eventually('the processes of the lab to end', 10_000, () => {
    const left = processesOfLab(runtimeFolder, namespaces())
    for (const one of left) kill(one)
    return left.length === 0
  })
}

function kill(identity: ProcessIdentity): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, 'SIGKILL')
  } catch {
    // it ended by itself
  }
}

function isMarked(pid: string, runtimeFolder: string): boolean {
  return readProc(`/proc/${pid}/environ`)?.split('\0').includes(`${MARK}=${runtimeFolder}`) ?? false
}

/** Device and inode of a network namespace; two paths to the same one agree. */
function namespaceIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
