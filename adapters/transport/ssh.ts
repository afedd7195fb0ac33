import {
  type Algorithms,
  Client,
  type ClientChannel,
  type ConnectConfig,
  type ServerHostKeyAlgorithm,
} from 'ssh2'
import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'
import { fingerprintOf, type HostKeyPin } from './host-key.ts'
import { sshError } from './ssh-error.ts'
import { within } from './within.ts'

/** Where a device is, who we are there, and how it is known to be that device. Secrets are in clear here. */
export interface SshTarget {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password?: string
  /** A private key in OpenSSH's or PEM form, and what it is encrypted with. */
  readonly privateKey?: string
  readonly passphrase?: string
  /** Without any, no device is ever logged in to: the error then says which key it has. */
  readonly hostKeys: readonly HostKeyPin[]
  /** Algorithms of old devices, beside those that are safe. */
  readonly legacy?: boolean
}

export interface SshChannel {
  write(text: string | Uint8Array): void
  /** No more will be written. */
  end(): void
  /** Only one, in place of the last; the first hears of what came before it, too. */
  onData(listener: (bytes: Buffer) => void): void
  onErrorText(listener: (text: string) => void): void
  /** Only one, in place of the last: once, however it ended; with the exit code of a command that told one. */
  onEnd(listener: (code: number | undefined) => void): void
  close(): void
}

const CONNECT_WITHIN_MS = 20_000
/** A channel of a device that takes no more sessions is sometimes just not answered. */
const CHANNEL_WITHIN_MS = 15_000
/** A connection that is dead without a word is found after three of these. */
const KEEPALIVE_MS = 10_000
const KEEPALIVES = 3

const LEGACY: Algorithms = {
  kex: {
    append: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1'],
    prepend: [],
    remove: [],
  },
  cipher: { append: ['aes128-cbc', 'aes256-cbc'], prepend: [], remove: [] },
  serverHostKey: { append: ['ssh-rsa'], prepend: [], remove: [] },
}

/** One SSH connection (RFC 4253, 4254) to a device whose key is pinned; several channels can be opened on it. */
export class SshConnection {
  readonly #client: Client
  readonly #clock: Clock
  readonly #listeners = new Set<(error: AdapterError) => void>()
  #over: AdapterError | undefined

  private constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** @throws AdapterError `unreachable`, `timeout`, `auth`, `host-key` (`host-key-unknown`, `host-key-changed`), `unsupported` */
  static async open(target: SshTarget, clock: Clock, signal: AbortSignal): Promise<SshConnection> {
    const client = new Client()
    const connection = new SshConnection(client, clock)
    const where = place(target)
    const late = `no SSH session with ${where} within ${CONNECT_WITHIN_MS / 1000} s`
    let refusal: AdapterError | undefined
    try {
      await within<void>({ clock, ms: CONNECT_WITHIN_MS, late, signal }, (resolve, fail) => {
        connection.onOver(fail)
        client.on('error', (error) => connection.#finish(refusal ?? sshError(error, where)))
        client.on('close', () =>
          connection.#finish(new AdapterError('unreachable', `${where} ended the connection`)),
        )
        client.on('ready', resolve)
        client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
          finish(prompts.map((prompt) => (prompt.echo === true ? '' : (target.password ?? '')))),
        )
        const verify = (key: Buffer): boolean => {
          refusal = whyNotPinned(target, key)
          return refusal === undefined
        }
        client.connect(settingsFor(target, verify))
      })
      return connection
    } catch (error) {
      const found =
        error instanceof AdapterError ? error : new AdapterError('auth', wordsOf(error), 'bad-key')
      connection.#finish(found)
      throw found
    }
  }

  /** Why it is over, once it is. */
  get over(): AdapterError | undefined {
    return this.#over
  }

  /** Called once, when the connection is over, however it ended; the returned function takes it back. */
  onOver(listener: (error: AdapterError) => void): () => void {
    if (this.#over === undefined) this.#listeners.add(listener)
    else listener(this.#over)
    return () => void this.#listeners.delete(listener)
  }

  /** A subsystem (RFC 4254 §6.5), such as `netconf`. @throws AdapterError */
  subsystem(name: string): Promise<SshChannel> {
    return this.#channel(`the subsystem ${name}`, (take) => this.#client.subsys(name, take))
  }

  /** One command without a terminal. @throws AdapterError */
  command(text: string): Promise<SshChannel> {
    return this.#channel('a command', (take) => this.#client.exec(text, take))
  }

  /**
   * One command with its three streams, for {@link SshProgram}. They are handed over at once: a command may have ended
   * before whoever waits for a promise gets to listen. @throws AdapterError
   */
  streams(text: string, attach: (channel: ClientChannel) => void): Promise<void> {
    return this.#open('a command', (take) => this.#client.exec(text, take), attach)
  }

  /** A shell on a terminal so wide that no line is ever wrapped, where the device believes it. @throws AdapterError */
  shell(columns = 511): Promise<SshChannel> {
    const terminal = { term: 'vt100', cols: columns, rows: 24, width: 0, height: 0 }
    return this.#channel('a shell', (take) => this.#client.shell(terminal, take))
  }

  /** @param why what whoever uses it is told; that it was closed, unless told */
  close(why = new AdapterError('unreachable', 'the connection was closed')): void {
    this.#finish(why)
  }

  #channel(what: string, open: Opening): Promise<SshChannel> {
    return this.#open(what, open, channelOf)
  }

  async #open<T>(what: string, open: Opening, wrap: (channel: ClientChannel) => T): Promise<T> {
    if (this.#over !== undefined) throw this.#over
    const late = `${what} was not opened within ${CHANNEL_WITHIN_MS / 1000} s`
    let forget = (): void => {}
    const opened = within<T>({ clock: this.#clock, ms: CHANNEL_WITHIN_MS, late }, (resolve, fail) => {
      forget = this.onOver(fail)
      open((error, channel) => {
        if (error === undefined) resolve(wrap(channel))
        else fail(new AdapterError('busy', `${what} was refused: ${error.message}`, 'no-channel'))
      })
    })
    return await opened.finally(() => forget())
  }

  #finish(error: AdapterError): void {
    if (this.#over !== undefined) return
    this.#over = error
    this.#client.destroy()
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener(error)
  }
}

type Opening = (take: (error: Error | undefined, channel: ClientChannel) => void) => void

function channelOf(channel: ClientChannel): SshChannel {
  let code: number | undefined
  const early: Buffer[] = []
  let take = (bytes: Buffer): void => void early.push(bytes)
  let ended: (code: number | undefined) => void = () => {}
  channel.on('exit', (given: unknown) => {
    if (typeof given === 'number') code = given
  })
  channel.on('error', () => undefined)
  channel.on('data', (bytes: Buffer) => take(bytes))
  channel.on('close', () => ended(code))
  return {
    write: (text) => void channel.write(text),
    end: () => void channel.end(),
    onData: (listener) => {
      take = listener
      for (const bytes of early.splice(0)) listener(bytes)
    },
    onErrorText: (listener) => void channel.stderr.setEncoding('utf8').on('data', listener),
    onEnd: (listener) => {
      ended = listener
    },
    close: () => void channel.close(),
  }
}

function settingsFor(target: SshTarget, verify: (key: Buffer) => boolean): ConnectConfig {
  const { host, port, username, password, privateKey, passphrase, legacy = false } = target
  return {
    ...{ host, port, username },
    ...(password === undefined ? {} : { password, tryKeyboard: true }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    readyTimeout: 0,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVES,
    algorithms: withPinned(target.hostKeys, legacy ? LEGACY : {}),
    hostVerifier: verify,
  }
}

/** A device with several keys is asked for the one that is pinned. */
function withPinned(pins: readonly HostKeyPin[], algorithms: Algorithms): Algorithms {
  const names = pins.flatMap(({ algorithm }) =>
    algorithm === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : (algorithm ?? []),
  ) as ServerHostKeyAlgorithm[]
  if (names.length === 0) return algorithms
  const { append = [] } = (algorithms.serverHostKey ?? {}) as { append?: ServerHostKeyAlgorithm[] }
  return { ...algorithms, serverHostKey: { prepend: names, append, remove: [] } }
}

function whyNotPinned(target: SshTarget, key: Buffer): AdapterError | undefined {
  const found = fingerprintOf(key)
  if (target.hostKeys.some(({ fingerprint }) => fingerprint === found)) return undefined
  if (target.hostKeys.length === 0)
    return new AdapterError(
      'host-key',
      `nobody has said which host key ${place(target)} has: it shows ${found}; compare that with the device and add it to hostKeys`,
      'host-key-unknown',
    )
  const pinned = target.hostKeys.map(({ fingerprint }) => fingerprint).join(', ')
  return new AdapterError(
    'host-key',
    `${place(target)} shows the host key ${found}, and not ${pinned}: it was replaced, or somebody stands in between`,
    'host-key-changed',
  )
}

function place({ host, port }: SshTarget): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
