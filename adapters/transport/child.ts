import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, renameSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { identify, type ProcessId } from './process.ts'

export interface Launch {
  readonly file: string
  readonly args: readonly string[]
  /** The whole environment: nothing is inherited, as ours may hold secrets. */
  readonly env: Readonly<Record<string, string>>
  /** Takes both outputs. A file and never a pipe: a pipe that nobody reads stops the writer. */
  readonly logFile: string
}

export interface Child {
  readonly id: ProcessId
  /** Resolves when it has ended, with the exit code or the signal's name. */
  readonly ended: Promise<string>
}

const LOG_LIMIT_BYTES = 4 * 1024 * 1024

/** The file that a command name stands for, or undefined when there is none that may be run. */
export function findExecutable(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  const candidates = isAbsolute(name) ? [name] : path.split(delimiter).map((folder) => join(folder, name))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return statSync(file).isFile()
    } catch {
      return false
    }
  })
}

/**
 * Starts a program without a shell, in a session of its own, so that it outlives this process and Ctrl-C does not
 * reach it. Rejects when it cannot be started at all.
 */
export async function startDetached(launch: Launch): Promise<Child> {
  rotate(launch.logFile)
  const log = openSync(launch.logFile, 'a', 0o600)
  try {
    const child = spawn(launch.file, launch.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: launch.env,
      cwd: '/',
    })
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
      child.once('error', (error) => resolve(error.message))
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    const pid = child.pid ?? 0
    // One that has ended already cannot be identified, and nothing will be sent to it.
    return { id: identify(pid) ?? { pid, started: -1 }, ended }
  } finally {
    closeSync(log)
  }
}

function rotate(file: string): void {
  try {
    if (statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`)
  } catch {
    // There is none yet.
  }
}
