import { readFile } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, sleep } from '../../src/domain/clock.ts'
import { ending, type NftProcess, startNft } from './process.ts'

export interface MonitorEvents {
  /** One JSON event of the ruleset. */
  event(json: unknown): void
  /** Events were lost: the monitor could not keep up, or said what nobody understands. */
  lost(words: string): void
  /** The monitor has ended by itself. */
  ended(words: string): void
}

const READY_MS = 1000

/** A warm `nft -j monitor`: the kernel's own report of each commit, 0.1 ms after it. */
export class Monitor {
  readonly #child: NftProcess
  readonly #events: MonitorEvents
  #closed = false

  constructor(namespace: string | undefined, events: MonitorEvents) {
    this.#child = startNft(namespace, ['-n', '-j', 'monitor'])
    this.#events = events
    this.#child.stdin.on('error', () => {}).end()
    void ending(this.#child).then(({ words }) => {
      if (!this.#closed) events.ended(words)
    })
    this.#read().catch((error: unknown) => {
      if (!this.#closed) events.lost(String(error))
    })
  }

  /** Resolves when the kernel lists the monitor as a subscriber, or after a second. */
  async ready(clock: Clock): Promise<void> {
    const start = clock.monotonic()
    while (clock.monotonic() - start < READY_MS && this.#child.exitCode === null) {
      if (await this.#subscribed()) return
      await sleep(clock, 3)
    }
  }

  async #subscribed(): Promise<boolean> {
    const pid = this.#child.pid
    if (pid === undefined) return true
    const sockets = await readFile(`/proc/${pid}/net/netlink`, 'utf8').catch(() => '')
    return sockets.split('\n').some((line) => {
      const [, protocol, owner, groups = '0'] = line.trim().split(/\s+/)
      return protocol === '12' && owner === String(pid) && Number.parseInt(groups, 16) !== 0
    })
  }

  async #read(): Promise<void> {
    let rest = ''
    for await (const text of this.#child.stdout.setEncoding('utf8')) {
      const lines = (rest + (text as string)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#line(line)
      await nextTurn()
    }
  }

  #line(line: string): void {
    if (line === '') return
    if (!line.startsWith('{')) {
      this.#events.lost(line)
      return
    }
    try {
      this.#events.event(JSON.parse(line))
    } catch (error) {
      this.#events.lost(String(error))
    }
  }

  close(): void {
    this.#closed = true
    this.#child.kill('SIGKILL')
  }
}
