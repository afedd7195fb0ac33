import { readdirSync, readFileSync } from 'node:fs'
import { type Clock, sleep } from '../../src/domain/clock.ts'

/** A process that a number alone does not name, as Linux gives numbers out again. */
export interface ProcessId {
  readonly pid: number
  /** Clock ticks since boot: field 22 of /proc/PID/stat, proc(5). */
  readonly started: number
}

const POLL_MS = 10

/** The process that has this number now, or undefined when there is none or it has ended. */
export function identify(pid: number): ProcessId | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The name, in parentheses, may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ended = fields[0] === 'Z' || fields[0] === 'X'
  return ended ? undefined : { pid, started: Number(fields[19]) }
}

export function isRunning(process: ProcessId): boolean {
  return identify(process.pid)?.started === process.started
}

/**
 * Processes that were started with `argument` and have `variable` (`NAME=value`) in their environment. Both are
 * asked for, so that a person's editor on the same file is never taken for ours.
 */
export function findProcesses(argument: string, variable: string): ProcessId[] {
  const found: ProcessId[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    if (!has(`/proc/${name}/cmdline`, argument) || !has(`/proc/${name}/environ`, variable)) continue
    const process = identify(Number(name))
    if (process !== undefined) found.push(process)
  }
  return found
}

function has(file: string, item: string): boolean {
  return readText(file)?.split('\0').includes(item) ?? false
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Whether the process has ended within `ms`. */
export async function waitForEnd(process: ProcessId, ms: number, clock: Clock): Promise<boolean> {
  const end = clock.monotonic() + ms
  while (isRunning(process)) {
    if (clock.monotonic() >= end) return false
    await sleep(clock, POLL_MS)
  }
  return true
}

/** Asks to end, and after `graceMs` insists. False when it runs on: another user's, or stuck in the kernel. */
export async function endProcess(process: ProcessId, graceMs: number, clock: Clock): Promise<boolean> {
  signal(process, 'SIGTERM')
  // A stopped process would take the first signal only when it goes on.
  signal(process, 'SIGCONT')
  if (await waitForEnd(process, graceMs, clock)) return true
  signal(process, 'SIGKILL')
  return waitForEnd(process, 2_000, clock)
}

/** Ends a process that does not answer, at once. */
export function killProcess(process: ProcessId): void {
  signal(process, 'SIGKILL')
}

function signal(target: ProcessId, name: NodeJS.Signals): void {
  if (!isRunning(target)) return
  try {
    process.kill(target.pid, name)
  } catch {
    // It ended between the two lines, or is not ours: waiting tells.
  }
}
