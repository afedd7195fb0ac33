import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { type Clock, sleep } from '../../src/domain/clock.ts'
import { findExecutable } from '../transport/child.ts'

const READY_MS = 1_000

export interface MonitorEvents {
  /** Something about an interface has changed; what, is to be read. */
  changed(): void
  /** It has ended by itself, with these words. */
  ended(words: string): void
}

/** A warm `ip monitor link`. What it writes is only a reason to look: it may be late, and an old line lies. */
export class LinkMonitor {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  #closed = false

  constructor(namespace: string | undefined, events: MonitorEvents) {
    const place = namespace === undefined ? [] : ['-n', namespace]
    this.#child = spawn(findExecutable('ip') ?? 'ip', [...place, 'monitor', 'link'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LC_ALL: 'C' },
    })
    let words = ''
    const end = (text: string): void => {
      if (this.#closed) return
      this.#closed = true
      events.ended(text)
    }
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-300)
      // Reports that were lost for want of room are announced here, and it goes on.
      if (!this.#closed) events.changed()
    })
    this.#child.stdout.on('data', () => {
      if (!this.#closed) events.changed()
    })
    this.#child.on('error', (error) => end(error.message))
    this.#child.on('close', (code, signal) => end(words.trim() || String(signal ?? `exit code ${code}`)))
  }

  /** Resolves when the kernel lists it as a subscriber, when it has ended, or after a second. */
  async ready(clock: Clock): Promise<void> {
    const start = clock.monotonic()
    while (clock.monotonic() - start < READY_MS && !this.#closed) {
      if (await this.#subscribed()) return
      await sleep(clock, 3)
    }
  }

  async #subscribed(): Promise<boolean> {
    const { pid } = this.#child
    if (pid === undefined) return true
    const sockets = await readFile(`/proc/${pid}/net/netlink`, 'utf8').catch(() => '')
    return sockets.split('\n').some((line) => {
      const [, protocol, owner, groups = '0'] = line.trim().split(/\s+/)
      return protocol === '0' && owner === String(pid) && Number.parseInt(groups, 16) !== 0
    })
  }

  close(): void {
    this.#closed = true
    this.#child.kill('SIGKILL')
  }
}
