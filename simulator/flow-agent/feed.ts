import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Change, readPath } from './rule.ts'

/** Who is told what GoBGP's table becomes. */
export interface Listener {
  /** paths that came or went, in order */
  changed(changes: readonly Change[]): void
  /** a new GoBGP: whatever is not told between this and `whole` is no longer in its table */
  begins(): void
  whole(table: readonly Change[]): void
  /** the whole table, read while nothing was told; returns whether it is what the listener knows */
  compare(table: readonly Change[]): boolean
  /** that GoBGP is gone; what it said stays in force until another one says otherwise */
  ends(): void
  failed(why: string): void
}

const TABLES = [
  { name: 'ipv4', family: 4 },
  { name: 'ipv6', family: 6 },
  { name: 'ipv4-flowspec', family: 4 },
  { name: 'ipv6-flowspec', family: 6 },
] as const

const RETRY_MS = 50
/** How long nothing may be told before the table is compared with what was told, and how often it is after that. */
const QUIET_MS = 3000
const AGAIN_MS = 30_000
const run = promisify(execFile)

/** Follows the best paths of a gobgpd for ever, over its restarts too. */
export async function follow(target: string, listener: Listener): Promise<never> {
  for (;;) {
    await followOnce(target, listener)
    await pause(RETRY_MS)
  }
}

/** The monitor ends with its gobgpd. Its first line comes when it watches: only then may the table be asked for. */
async function followOnce(target: string, listener: Listener): Promise<void> {
  const argv = [...targetOptions(target), 'monitor', 'global', 'rib', '-j', '--current']
  const child = spawn('gobgp', argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'close').catch(() => undefined)
  const comparison = new Comparison(target, listener)
  let isFirst = true
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('[')) return
    if (isFirst) {
      isFirst = false
      listener.begins()
      tableOf(target).then(
        (table) => listener.whole(table),
        (error: unknown) => {
          listener.failed(`the table could not be read: ${String(error)}`)
          child.kill()
        },
      )
    }
    listener.changed((JSON.parse(line) as unknown[]).map((path) => readPath(path)))
    comparison.postpone()
  })
  await ended
  comparison.stop()
  listener.ends()
}

/** Reads the table when the monitor has been silent for a while: what it left out would otherwise stay out for ever. */
class Comparison {
  readonly #target: string
  readonly #listener: Listener
  #timer: NodeJS.Timeout | undefined
  #told = 0

  constructor(target: string, listener: Listener) {
    this.#target = target
    this.#listener = listener
  }

  /** The monitor has said something. */
  postpone(): void {
    this.#told += 1
    this.#after(QUIET_MS)
  }

  stop(): void {
    this.#told += 1
    clearTimeout(this.#timer)
  }

  #after(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#compare(), ms)
  }

  async #compare(): Promise<void> {
    const told = this.#told
    try {
      const table = await tableOf(this.#target)
      if (told !== this.#told) return
      this.#after(this.#listener.compare(table) ? AGAIN_MS : QUIET_MS)
    } catch (error) {
      this.#listener.failed(`the table could not be compared: ${String(error)}`)
      if (told === this.#told) this.#after(QUIET_MS)
    }
  }
}

async function tableOf(target: string): Promise<Change[]> {
  const lists = await Promise.all(
    TABLES.map(async ({ name, family }) => {
      const argv = [...targetOptions(target), '-j', 'global', 'rib', '-a', name]
      const { stdout } = await run('gobgp', argv, { maxBuffer: 1 << 28 })
      const rib = JSON.parse(stdout) as Record<string, unknown[]>
      return Object.values(rib).map((paths) => readPath(paths[0], family))
    }),
  )
  return lists.flat()
}

function targetOptions(target: string): string[] {
  return ['--target', target]
}
