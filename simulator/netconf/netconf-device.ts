import type { Channel } from '../configured/channel.ts'
import { type Device, type Ground, OutOfSpace } from '../configured/device.ts'
import type { FilterModel } from '../configured/filters.ts'
import { Confirming } from './confirming.ts'
import { activePart, type DataNode, xmlOf } from './data.ts'
import { type Change, Datastores } from './datastores.ts'
import type { Dialect } from './dialect.ts'
import { applyEdit } from './edit.ts'
import { STANDARD } from './operations.ts'
import { capabilitiesOf, type Profile } from './profile.ts'
import { badElement, RpcError, RpcErrors } from './rpc-error.ts'
import type { Schema } from './schema.ts'
import type { Operations, Server } from './server.ts'
import { type Call, type Reply, Session } from './session.ts'
import { type Element, READABLE, writeXml } from './xml.ts'

export interface NetconfSettings {
  readonly ground: Ground
  readonly profile: Profile
  readonly schema: Schema
  readonly dialect: Dialect
  /** beside those of the profile */
  readonly capabilities: readonly string[]
  /** beside, or in place of, the standard ones */
  readonly operations: Operations
  /** replies differ in all that means nothing */
  readonly varies: boolean
  /** replies may begin with an XML declaration */
  readonly declaresXml: boolean
  /** sent before the hello: comments */
  readonly beforeHello: string
  /** of every reply's root */
  readonly replyAttributes: Readonly<Record<string, string>>
  /** a confirmed commit is the device's: it outlives its session, and any session may confirm it */
  readonly confirmedByAnyone: boolean
  /** What its active part makes the data plane do. @throws RpcErrors when it could not run */
  compile(active: DataNode): FilterModel
  /** Adds the device's state to a copy of what runs. */
  addState(running: DataNode): Promise<DataNode>
  /** A text of an operator as the `<config>` of an edit. @throws when it is none */
  read(text: string): Element
  /** What runs, for a person to read. */
  write(running: DataNode): string
}

/** A router that is configured by NETCONF. */
export class NetconfDevice implements Device {
  readonly #settings: NetconfSettings
  readonly #server: Server & { readonly sessions: Map<number, Session> }
  #lastId: number

  constructor(settings: NetconfSettings) {
    this.#settings = settings
    const { ground, profile, dialect, schema } = settings
    const stores = new Datastores({
      schema,
      profile,
      dialect,
      faults: ground.faults,
      check: (tree) => void this.#compile(tree),
      checkEdit: (tree) => this.#checkEdit(tree),
      keep: (tree) => ground.keep(settings.write(tree)),
      activate: (tree) => this.#activate(tree),
    })
    this.#server = {
      ground,
      profile,
      dialect,
      stores,
      confirming: new Confirming(stores, {
        isForAnyone: settings.confirmedByAnyone,
        undoesInTime: () => ground.faults.get('no-rollback') === undefined,
        log: (line) => ground.log(line),
      }),
      sessions: new Map(),
      check: (tree) => void this.#compile(tree),
      operational: () => settings.addState(stores.running.clone()),
    }
    // where a server begins to count is its own business
    this.#lastId = Math.floor(ground.random() * 30_000)
  }

  serve(channel: Channel): boolean {
    if (channel.service.kind !== 'netconf') return false
    const { ground, profile, capabilities, varies, declaresXml, beforeHello, replyAttributes } =
      this.#settings
    this.#lastId += 1
    const id = this.#lastId
    const session = new Session({
      id,
      channel,
      capabilities: [...capabilitiesOf(profile), ...capabilities],
      faults: ground.faults,
      random: ground.random,
      varies,
      declaresXml,
      beforeHello,
      replyAttributes,
      handle: (call) => this.#handle(call),
      log: (line) => ground.log(line),
    })
    this.#server.sessions.set(id, session)
    channel.onClosed(() => {
      this.#forget(id).catch((error: unknown) => ground.log(`end of session ${id}: ${String(error)}`))
    })
    return true
  }

  async boot(configuration?: string): Promise<void> {
    const { stores, confirming } = this.#server
    confirming.stop()
    const given = configuration === undefined ? undefined : stores.empty()
    if (configuration !== undefined && given) this.#change(configuration)(given)
    await stores.boot(given)
  }

  running(): string {
    return this.#settings.write(this.#server.stores.running)
  }

  async edit(change: string): Promise<void> {
    const tree = this.#server.stores.running.clone()
    this.#change(change)(tree)
    await this.#server.stores.run(tree)
  }

  lock(person: string): void {
    this.#server.stores.lockFor(person)
  }

  unlock(): void {
    this.#server.stores.unlockForAll()
  }

  dirty(change: string, person: string): void {
    if (this.#settings.profile.candidate !== 'shared') throw new Error('sessions share no candidate here')
    this.#server.stores.edit('candidate', { session: 0, person }, this.#change(change))
  }

  #change(text: string): Change {
    const config = this.#settings.read(text)
    return (tree) => applyEdit(tree, config, this.#settings.dialect)
  }

  async #handle(call: Call): Promise<Reply> {
    const { name } = call.request
    const operations = { ...STANDARD, ...this.#settings.operations }
    const operate = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operate === undefined) throw badElement('unknown-element', name, `no operation ${name}`)
    return await operate(this.#server, call)
  }

  async #forget(id: number): Promise<void> {
    this.#server.sessions.delete(id)
    try {
      await this.#server.confirming.forget(id)
    } finally {
      this.#server.stores.forget(id)
    }
  }

  #compile(tree: DataNode): FilterModel {
    return this.#settings.compile(activePart(tree))
  }

  /** What cannot run yet is no matter before a commit. */
  #checkEdit(tree: DataNode): void {
    if (this.#settings.ground.faults.get('entry-limit')?.at !== 'edit') return
    try {
      this.#settings.ground.checkEdit(this.#compile(tree))
    } catch (error) {
      if (!(error instanceof RpcErrors || error instanceof RpcError)) throw asRpcError(error)
    }
  }

  async #activate(tree: DataNode): Promise<void> {
    try {
      await this.#settings.ground.enforce(this.#compile(tree))
    } catch (error) {
      throw asRpcError(error)
    }
  }
}

function asRpcError(error: unknown): unknown {
  if (!(error instanceof OutOfSpace)) return error
  return new RpcError('resource-denied', error.message, { appTag: 'no-space' })
}

export function readable(tree: DataNode): string {
  return `${writeXml(xmlOf(tree), READABLE)}\n`
}
