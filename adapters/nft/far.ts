import type { Clock } from '../../src/domain/clock.ts'
import type { AdapterEnv } from '../adapter.ts'
import { targetOf } from '../configured/login.ts'
import { SshConnection } from '../transport/ssh.ts'
import { SshProgram } from '../transport/ssh-program.ts'
import type { FarSettings } from './config.ts'
import { type FarWay, farLine, farTransactions } from './far-line.ts'
import type { Ending, Interactive, Place } from './place.ts'
import { presence } from './presence.ts'
import { complaintOn } from './process.ts'

const SSH_PORT = 22
/** How long the last nft may take. */
const LAST_MS = 3_000

/** Another host, over one SSH connection; each nft has a channel of its own. */
export class Far implements Place {
  readonly #connection: SshConnection
  readonly #way: FarWay
  readonly #clock: Clock
  #hasKilled = false

  private constructor(connection: SshConnection, way: FarWay, clock: Clock) {
    this.#connection = connection
    this.#way = way
    this.#clock = clock
  }

  /** @throws AdapterError as {@link SshConnection.open} and {@link targetOf} do */
  static async open(
    { login, sudo }: FarSettings,
    namespace: string | undefined,
    env: Pick<AdapterEnv, 'secret' | 'clock'>,
    signal: AbortSignal,
  ): Promise<Far> {
    const target = await targetOf(login, SSH_PORT, env)
    return new Far(await SshConnection.open(target, env.clock, signal), { sudo, namespace }, env.clock)
  }

  start(args: readonly string[]): Interactive {
    return this.run(farLine(this.#way, args))
  }

  interactive(): Interactive {
    return this.run(farTransactions(this.#way))
  }

  /** A command line of the user's shell. */
  run(line: string): Interactive {
    const program = new SshProgram(this.#connection, line, this.#clock)
    const complaint = complaintOn(program.stderr)
    const { stdin, stdout, stderr } = program
    let isOver = false
    const ended = program.ended.then(({ code, lost }): Ending => {
      isOver = true
      return { code, words: complaint(), lost }
    })
    const kill = (): void => {
      if (!isOver) this.#hasKilled = true
      program.kill()
    }
    return { stdin, stdout, stderr, ended, kill }
  }

  async close(): Promise<void> {
    if (this.#hasKilled && this.#connection.over === undefined) await this.#endUnheard()
    this.#connection.close()
  }

  /** A monitor notices that nobody hears it any more when it has something to report. */
  async #endUnheard(): Promise<void> {
    const last = this.interactive()
    last.stdout.resume()
    last.stdin.end(`${presence().line}\n`)
    const cancel = this.#clock.after(LAST_MS, () => last.kill())
    await last.ended
    cancel()
  }
}
