import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { TABLE } from './table.ts'

/** What the monitor says of the rule that ends a transaction. */
const Mark = Type.Object({
  add: Type.Object({ rule: Type.Object({ table: Type.String(), comment: Type.String() }) }),
})

const isMark = new Ajv().compile<Static<typeof Mark>>(Mark)

interface Pending {
  readonly mark: string
  resolve(): void
  reject(error: Error): void
}

const TABLE_NAME = TABLE.split(' ')[1]
const DEADLINE_MS = 10_000

/**
 * One `nft` that is kept running, so that a change costs no process, and one that watches what the kernel commits:
 * what it says of the last rule of a transaction is the answer. A command line is one transaction.
 */
export class NftSession {
  readonly #shell: ChildProcess
  readonly #monitor: ChildProcess
  #mark = 0
  #pending: Pending | undefined

  private constructor(shell: ChildProcess, monitor: ChildProcess) {
    this.#shell = shell
    this.#monitor = monitor
    shell.stdout?.resume()
    shell.stderr?.setEncoding('utf8').on('data', (text: string) => this.#fail(text))
    if (monitor.stdout) createInterface({ input: monitor.stdout }).on('line', (line) => this.#hear(line))
  }

  /** Replaces what an earlier agent may have left. @throws when nft does not work here */
  static async open(table: string): Promise<NftSession> {
    const maker = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'inherit', 'inherit'] })
    maker.stdin.end(table)
    const [code] = (await once(maker, 'close')) as [number | null]
    if (code !== 0) throw new Error('nft refused the empty table')
    // it keeps a history of commands in its user's home
    const env = { ...process.env, HOME: '/dev/null' }
    const shell = spawn('nft', ['-i'], { stdio: 'pipe', env })
    const monitor = spawn('nft', ['-j', 'monitor', 'rules'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const session = new NftSession(shell, monitor)
    await session.#monitorHears()
    return session
  }

  /** @throws with nft's own words when the kernel or nft refuses any of it: then nothing of it was done */
  async commit(commands: readonly string[]): Promise<void> {
    this.#mark += 1
    await this.#run([...commands, this.#markCommands()].join('; '))
  }

  close(): void {
    this.#shell.kill()
    this.#monitor.kill()
  }

  /** Resolves when a process that must not end has ended. */
  async ended(): Promise<string> {
    return await Promise.race([
      once(this.#shell, 'close').then(() => 'nft ended'),
      once(this.#monitor, 'close').then(() => 'nft monitor ended'),
    ])
  }

  /** The monitor says nothing of when it begins to hear: so speak until it does. */
  async #monitorHears(): Promise<void> {
    const heard = this.commit([])
    const again = setInterval(() => {
      this.#shell.stdin?.write(`${this.#markCommands()}\n`)
    }, 20)
    try {
      await heard
    } finally {
      clearInterval(again)
    }
  }

  #markCommands(): string {
    return `flush chain ${TABLE} done; add rule ${TABLE} done accept comment "mark ${this.#mark}"`
  }

  async #run(line: string): Promise<void> {
    let deadline: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#pending = { mark: `mark ${this.#mark}`, resolve, reject }
        deadline = setTimeout(() => this.#fail(`no word of it in ${DEADLINE_MS} ms`), DEADLINE_MS)
        this.#shell.stdin?.write(`${line}\n`)
      })
    } finally {
      clearTimeout(deadline)
      this.#pending = undefined
    }
  }

  #fail(words: string): void {
    if (words.trim() !== '') this.#pending?.reject(new Error(words.trim()))
  }

  #hear(line: string): void {
    // of all that the monitor says, the mark alone is worth reading
    if (!this.#pending || !line.includes(`"${this.#pending.mark}"`)) return
    const event: unknown = JSON.parse(line)
    if (isMark(event) && event.add.rule.table === TABLE_NAME) this.#pending.resolve()
  }
}
