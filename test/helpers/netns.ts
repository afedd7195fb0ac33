import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const SEARCHED = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** Why a test that needs network namespaces and these programs cannot run here; false when it can. */
export function noNetns(...programs: readonly string[]): string | false {
  if (process.platform !== 'linux') return 'network namespaces exist only on Linux'
  if (process.getuid?.() !== 0) return 'needs root to make a network namespace'
  const missing = ['ip', ...programs].find(
    (program) => !SEARCHED.some((folder) => existsSync(join(folder, program))),
  )
  return missing === undefined ? false : `${missing} is not installed`
}

const STOPS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export interface Netns {
  readonly name: string
  /** Runs a program inside; returns its output. @throws when it fails */
  run(program: string, ...args: readonly string[]): string
  /** Feeds text to a program inside. */
  feed(input: string, program: string, ...args: readonly string[]): string
  /** The processes inside, by their ids. */
  pids(): number[]
  /** Deletes it; once more is harmless. */
  remove(): void
}

/** Makes a network namespace with its loopback up. It goes with the test process at the latest. */
export function makeNetns(): Netns {
  const name = `cordon-t-${randomBytes(4).toString('hex')}`
  execFileSync('ip', ['netns', 'add', name])
  let present = true
  const pids = (): number[] =>
    execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number)
  const remove = (): void => {
    if (!present) return
    present = false
    process.off('exit', remove)
    for (const signal of STOPS) process.off(signal, stop)
    // What a killed controller left running inside would outlive the name.
    for (const pid of pids()) end(pid)
    execFileSync('ip', ['netns', 'delete', name])
  }
  // A test run that is stopped must not leave it behind either.
  const stop = (signal: NodeJS.Signals): void => {
    remove()
    process.kill(process.pid, signal)
  }
  process.on('exit', remove)
  for (const signal of STOPS) process.on(signal, stop)
  const feed = (input: string, program: string, ...args: readonly string[]): string =>
    execFileSync('ip', ['netns', 'exec', name, program, ...args], {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, HOME: '/dev/null' },
    })
  const run = (program: string, ...args: readonly string[]): string => feed('', program, ...args)
  run('ip', 'link', 'set', 'lo', 'up')
  return { name, run, feed, pids, remove }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
