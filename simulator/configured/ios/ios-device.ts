import { setTimeout as pause } from 'node:timers/promises'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { Channel } from '../channel.ts'
import type { Device, DeviceMaker, Ground } from '../device.ts'
import { CONFIG, type TerminalSettings, type User } from './cli.ts'
import { Session } from './session.ts'
import { configLines } from './show-config.ts'
import { IosSystem } from './system.ts'
import { Terminal } from './terminal.ts'

const closed = { additionalProperties: false }

const Options = Type.Object(
  {
    /** long names, such as GigabitEthernet0/0/0 */
    interfaces: Type.Array(Type.String({ minLength: 1 })),
    /** who is not allowed everything: privilege 1 must `enable`; commands that begin like those of `denied` fail */
    rights: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          {
            privilege: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(15)])),
            denied: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
          },
          closed,
        ),
      ),
    ),
    /** left out: `enable` asks for none */
    enablePassword: Type.Optional(Type.String()),
    /** shown behind the login */
    banner: Type.Optional(Type.String()),
    idleMs: Type.Optional(Type.Integer({ minimum: 1 })),
    /** whether sessions begin with the log in their terminal, and whether the prompt comes again behind it */
    monitor: Type.Optional(Type.Boolean()),
    synchronous: Type.Optional(Type.Boolean()),
  },
  closed,
)
type Options = Static<typeof Options>

const check = new Ajv().compile<Options>(Options)

const PERSON_AT = 'console'

/** A router with a command line like that of IOS. */
export const iosDevice: DeviceMaker = (ground, options) => {
  if (check(options)) return new IosDevice(ground, options)
  const first = check.errors?.[0]
  throw new Error(`ios options: ${first?.instancePath || '/'} ${first?.message ?? 'do not fit'}`)
}

class IosDevice implements Device {
  readonly #ground: Ground
  readonly #options: Options
  readonly #system: IosSystem
  #logins = 0

  constructor(ground: Ground, options: Options) {
    this.#ground = ground
    this.#options = options
    this.#system = new IosSystem(ground, options.interfaces)
  }

  serve(channel: Channel): boolean {
    const { service } = channel
    if (service.kind === 'netconf') return false
    if (service.kind === 'shell') this.#openTerminal(channel)
    else this.#guard(this.#obey(channel, service.command), channel)
    return true
  }

  async boot(configuration?: string): Promise<void> {
    await this.#system.reset()
    await this.#type(configuration?.split('\n') ?? this.#system.startup, 'startup')
    this.#system.save()
  }

  running(): string {
    return `${configLines(this.#system.config).join('\n')}\n`
  }

  async edit(change: string, person: string): Promise<void> {
    await this.#type(change.split('\n'), person)
  }

  /** The name NETCONF stands for a process that holds the lock, every other for a person. */
  lock(person: string): void {
    this.#system.lockedBy = { user: person, process: 187, terminal: 1, isProcess: person === 'NETCONF' }
  }

  unlock(): void {
    this.#system.lockedBy = undefined
  }

  dirty(): void {
    throw new Error('an IOS-like router has no candidate: every line is active at once')
  }

  async #type(lines: readonly string[], person: string): Promise<void> {
    const session = new Session(this.#system, {
      user: { name: person, privilege: 15 },
      terminal: { rows: 0, columns: 0, monitor: false },
      where: PERSON_AT,
      isTrusted: true,
    })
    session.mode = CONFIG
    for (const line of lines.filter((one) => one.trim() !== 'end')) {
      const { lines: said, isWrong } = await session.enter(line)
      if (isWrong) throw new Error(`"${line.trim()}": ${said.join(' ').trim()}`)
    }
    session.leaveConfiguration()
    await this.#system.settle()
  }

  #session(channel: Channel, terminal: TerminalSettings): Session {
    this.#logins += 1
    const { enablePassword } = this.#options
    return new Session(this.#system, {
      user: this.#userOf(channel.user),
      terminal,
      where: `vty${(this.#logins - 1) % 16} (127.0.0.1)`,
      ...(enablePassword === undefined ? {} : { enablePassword }),
    })
  }

  #userOf(name: string): User {
    const { privilege = 15, denied = [] } = this.#options.rights?.[name] ?? {}
    return { name, privilege, denied }
  }

  #openTerminal(channel: Channel): void {
    const { banner, idleMs, monitor = false, synchronous = false } = this.#options
    const size = channel.terminal ?? { rows: 0, columns: 0 }
    const session = this.#session(channel, { rows: size.rows || 24, columns: size.columns || 80, monitor })
    const terminal = new Terminal(session, {
      line: channel,
      random: this.#ground.random,
      settle: () => this.#system.settle(),
      beforeAnswer: (hasChanged) => this.#beforeAnswer(hasChanged),
      isSynchronous: synchronous,
      ...(idleMs === undefined ? {} : { idleMs }),
    })
    const untold = this.#system.onLog((line) => terminal.tell(line))
    channel.onBytes((bytes) => terminal.receive(bytes))
    channel.onClosed(() => {
      untold()
      terminal.close()
    })
    if (banner !== undefined) channel.send(`${banner.replaceAll('\n', '\r\n')}\r\n`)
    this.#guard(terminal.run(), channel)
  }

  async #obey(channel: Channel, command: string): Promise<void> {
    const session = this.#session(channel, { rows: 0, columns: 0, monitor: false })
    const { lines } = await session.enter(command)
    await this.#system.settle()
    if ((await this.#beforeAnswer(session.changes > 0)) === 'cut') channel.cut()
    else {
      channel.send(lines.map((line) => `${line}\r\n`).join(''))
      channel.end()
    }
  }

  async #beforeAnswer(hasChanged: boolean): Promise<'answer' | 'cut'> {
    const { faults } = this.#ground
    if (hasChanged && faults.take('lose-reply')) return 'cut'
    const late = faults.get('late-replies')
    if (late) await pause(late.ms)
    return 'answer'
  }

  /** A fault of the router itself ends the session and is told to who started the router. */
  #guard(work: Promise<void>, channel: Channel): void {
    work.catch((error: unknown) => {
      this.#ground.log(error instanceof Error ? (error.stack ?? error.message) : String(error))
      channel.cut()
    })
  }
}
