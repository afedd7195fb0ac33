import { PassThrough } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'
import type { SshConnection } from './ssh.ts'

/** How long a host may take to end a program before the whole connection is given up. */
const KILL_MS = 3_000

export interface ProgramEnding {
  /** Its exit code, where the host told one. */
  readonly code: number | undefined
  /** Why nobody knows how it ended: the connection was lost, or it was never started. */
  readonly lost: AdapterError | undefined
}

/**
 * A program on another host, by an SSH channel of its own (RFC 4254 §6.5). What is written before the channel is open
 * waits for it; both outputs keep the host waiting where nobody reads them.
 */
export class SshProgram {
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  /** Once, also when the connection is lost; never rejects. */
  readonly ended: Promise<ProgramEnding>
  readonly #connection: SshConnection
  readonly #clock: Clock
  #channel: ClientChannel | undefined
  #isUnwanted = false

  constructor(connection: SshConnection, command: string, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
    this.ended = new Promise((resolve) => {
      let code: number | undefined
      const over = (lost?: AdapterError): void => {
        this.#detach()
        this.stdout.end()
        this.stderr.end()
        resolve({ code, lost })
      }
      const forget = connection.onOver(over)
      const finished = (lost?: AdapterError): void => {
        forget()
        over(lost)
      }
      const attach = (channel: ClientChannel): void => {
        channel.on('error', () => undefined)
        channel.on('exit', (given: unknown) => {
          if (typeof given === 'number') code = given
        })
        channel.on('close', () => finished(code === undefined ? connection.over : undefined))
        this.#attach(channel)
      }
      connection.streams(command, attach).catch(finished)
    })
  }

  #attach(channel: ClientChannel): void {
    this.#channel = channel
    this.stdin.pipe(channel)
    channel.pipe(this.stdout)
    channel.stderr.pipe(this.stderr)
    if (this.#isUnwanted) this.#abandon(channel)
  }

  #detach(): void {
    this.stdin.unpipe()
    this.#channel?.unpipe()
    this.#channel?.stderr.unpipe()
  }

  /**
   * Closes its streams, of which programs end, and gives the connection up when it does not. Signals (RFC 4254 §6.9) are
   * not used: OpenSSH refuses them for root and under a forced command, and what runs by sudo takes none of its user's.
   */
  kill(): void {
    if (this.#isUnwanted) return
    this.#isUnwanted = true
    if (this.#channel !== undefined) this.#abandon(this.#channel)
    const words = `it did not end a program within ${KILL_MS / 1000} s`
    const cancel = this.#clock.after(KILL_MS, () =>
      this.#connection.close(new AdapterError('timeout', words)),
    )
    void this.ended.then(cancel)
  }

  #abandon(channel: ClientChannel): void {
    this.#detach()
    // What nobody reads any more would keep its end from being heard.
    channel.resume()
    channel.stderr.resume()
    channel.close()
  }
}
