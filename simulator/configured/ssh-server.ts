import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import ssh2, { type Connection, type Session } from 'ssh2'
import { type Channel, type Service, SshChannel, type Terminal } from './channel.ts'
import type { Faults } from './faults.ts'
import type { HostKey } from './host-key.ts'
import { answerLogin, type User } from './login.ts'

export interface SshSettings {
  readonly host: string
  /** 0: the system chooses */
  readonly port: number
  readonly users: readonly User[]
  /** shown before a login */
  readonly banner?: string
  /** channels at the same time; one more is refused */
  readonly maxSessions?: number
}

/** The SSH server of a router: who may come in, and what they are handed to. */
export class SshServer {
  readonly #settings: SshSettings
  readonly #faults: Faults
  readonly #serve: (channel: Channel) => boolean
  readonly #sockets = new Set<Socket>()
  readonly #channels = new Set<Channel>()
  #hostKey: HostKey
  #listener: Server | undefined
  #port: number

  /** @param serve says false when the router has no such service */
  constructor(settings: SshSettings, hostKey: HostKey, faults: Faults, serve: (channel: Channel) => boolean) {
    this.#settings = settings
    this.#hostKey = hostKey
    this.#faults = faults
    this.#serve = serve
    this.#port = settings.port
  }

  get port(): number {
    return this.#port
  }

  get hostKey(): HostKey {
    return this.#hostKey
  }

  get sessions(): readonly Channel[] {
    return [...this.#channels]
  }

  /** Counts for connections from now on. */
  changeHostKey(key: HostKey): void {
    this.#hostKey = key
  }

  /** Resolves when connections are taken; again at the same port after a close. */
  async listen(): Promise<void> {
    const listener = createServer({ noDelay: true }, (socket) => this.#greet(socket))
    listener.listen(this.#port, this.#settings.host)
    await once(listener, 'listening')
    const address = listener.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
    this.#listener = listener
  }

  /** Loses every connection without a word. */
  cut(): void {
    for (const channel of this.#channels) channel.cut()
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    this.cut()
    if (listener === undefined) return
    const ended = once(listener, 'close')
    listener.close()
    await ended
  }

  /** A server of ssh2 has its host key for good, so that each connection gets one of its own. */
  #greet(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    const { banner } = this.#settings
    const config = { hostKeys: [this.#hostKey.secret], ...(banner === undefined ? {} : { banner }) }
    const server = new ssh2.Server(config, (connection) => this.#take(connection, socket))
    server.injectSocket(socket)
  }

  #take(connection: Connection, socket: Socket): void {
    let user = ''
    connection.on('error', () => undefined)
    connection.on('authentication', (context) => {
      user = context.username
      answerLogin(context, this.#settings.users, this.#faults.get('refuse-logins') !== undefined)
    })
    connection.on('session', (accept) => this.#session(accept(), user, socket))
  }

  #session(session: Session, user: string, socket: Socket): void {
    let terminal: Terminal | undefined
    session.on('error', () => undefined)
    session.on('pty', (accept, _reject, { cols, rows }) => {
      terminal = { columns: cols, rows }
      accept?.()
    })
    session.on('window-change', (accept, _reject, { cols, rows }) => {
      terminal = { columns: cols, rows }
      accept?.()
    })
    session.on('env', (accept) => accept?.())
    const open = (service: Service, accept: () => ssh2.ServerChannel, reject: () => unknown): void => {
      if (this.#channels.size >= (this.#settings.maxSessions ?? Number.POSITIVE_INFINITY)) {
        reject()
        return
      }
      const place = {
        user,
        service,
        faults: this.#faults,
        terminal: () => terminal,
        cut: () => socket.destroy(),
        onLost: (listener: () => void) => socket.once('close', listener),
      }
      this.#hand(new SshChannel(accept(), place))
    }
    session.on('shell', (accept, reject) => open({ kind: 'shell' }, accept, reject))
    session.on('exec', (accept, reject, { command }) => open({ kind: 'exec', command }, accept, reject))
    session.on('subsystem', (accept, reject, { name }) => {
      if (name === 'netconf') open({ kind: 'netconf' }, accept, reject)
      else reject()
    })
  }

  #hand(channel: Channel): void {
    this.#channels.add(channel)
    channel.onClosed(() => this.#channels.delete(channel))
    if (!this.#serve(channel)) channel.end(1)
  }
}
