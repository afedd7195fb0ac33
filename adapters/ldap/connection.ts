import type { Socket } from 'node:net'
import {
  Attribute,
  Change,
  type Client,
  type Control,
  type Filter,
  PresenceFilter,
  type SearchOptions,
} from 'ldapts'
import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'
import { within } from '../transport/within.ts'
import type { Access } from './access.ts'
import type { Server } from './config.ts'
import { clientOver, dial } from './dial.ts'
import type { Entry } from './entry.ts'
import { type Asked, troubleOf } from './trouble.ts'

/** Values that leave an attribute, and values that come to it, in one operation (RFC 4511 §4.6). */
export interface Edit {
  readonly attribute: string
  readonly remove: readonly string[]
  readonly add: readonly string[]
}

export interface Found {
  readonly entries: readonly Entry[]
  /** Whether the server has named others that may know more (RFC 4511 §4.5.3). */
  readonly refersTo: readonly string[]
}

/**
 * One connection to a directory, logged in for as long as it lasts. What is given up may still be answered, or done, so
 * that the connection is over with it.
 */
export class Connection {
  readonly url: string
  readonly #client: Client
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #timeout: number
  #over: AdapterError | undefined
  #whenOver: (error: AdapterError) => void = () => undefined

  private constructor(url: string, socket: Socket, clock: Clock, timeout: number) {
    this.url = url
    this.#socket = socket
    this.#client = clientOver(socket)
    this.#clock = clock
    this.#timeout = timeout
    socket.once('close', () => this.#end(new AdapterError('unreachable', `${url} has ended the connection`)))
  }

  /** Connects and logs in. @throws AdapterError `unreachable`, `host-key`, `auth`, `timeout` */
  static async open(server: Server, access: Access, clock: Clock, signal?: AbortSignal): Promise<Connection> {
    const limits = {
      ...{ clock, ms: access.timeout, late: `${server.url} cannot be reached in time` },
      ...(signal === undefined ? {} : { signal }),
    }
    const socket = await dial(server, access.trust, limits)
    const connection = new Connection(server.url, socket, clock, access.timeout)
    try {
      await connection.#ask({ doing: 'log in' }, signal, (client) =>
        access.login === 'certificate'
          ? client.bindSASL('EXTERNAL')
          : client.bind(access.login.dn, access.login.password),
      )
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  /** Called once when the connection is over and nobody has closed it. */
  onOver(listener: (error: AdapterError) => void): void {
    this.#whenOver = listener
    if (this.#over !== undefined) listener(this.#over)
  }

  /** @throws AdapterError */
  async search(
    base: string,
    scope: 'base' | 'sub',
    filter: Filter | string | undefined,
    attributes: readonly string[],
    signal?: AbortSignal,
  ): Promise<Found> {
    // Without a limit of ours: the package takes a list that a limit cut short for a whole one.
    const options: SearchOptions = {
      ...{ scope, filter: filter ?? new PresenceFilter({ attribute: 'objectClass' }) },
      ...{ attributes: [...attributes], explicitBufferAttributes: ['objectGUID'] },
    }
    const { searchEntries, searchReferences } = await this.#ask(
      { doing: 'read', dn: base },
      signal,
      (client) => client.search(base, options),
    )
    return { entries: searchEntries.map(entryOf), refersTo: searchReferences }
  }

  /** Whether the attribute has the value; fails where it is not ours to know. @throws AdapterError */
  async compare(dn: string, attribute: string, value: string, signal?: AbortSignal): Promise<boolean> {
    try {
      return await this.#ask({ doing: 'read', dn }, signal, (client) => client.compare(dn, attribute, value))
    } catch (error) {
      if (error instanceof AdapterError && error.code === 'noSuchAttribute') return false
      throw error
    }
  }

  /** @throws AdapterError */
  modify(dn: string, edits: readonly Edit[], controls: Control[], signal: AbortSignal): Promise<void> {
    const changes = edits.flatMap(({ attribute: type, remove, add }) => [
      ...remove.map((value) => changeOf('delete', type, value)),
      ...add.map((value) => changeOf('add', type, value)),
    ])
    return this.#ask({ doing: 'write', dn }, signal, (client) => client.modify(dn, changes, controls))
  }

  close(): void {
    this.#whenOver = () => undefined
    if (!this.isOver) this.#client.unbind().catch(() => undefined)
    this.#end(new AdapterError('unreachable', 'the connection is closed'))
  }

  async #ask<T>(
    asked: Omit<Asked, 'url'>,
    signal: AbortSignal | undefined,
    begin: (client: Client) => Promise<T>,
  ): Promise<T> {
    if (this.#over !== undefined) throw this.#over
    const limits = {
      ...{ clock: this.#clock, ms: this.#timeout, late: `${this.url} does not answer` },
      ...(signal === undefined ? {} : { signal }),
    }
    try {
      return await within<T>(limits, (resolve, fail) => {
        begin(this.#client).then(resolve, (error: unknown) =>
          fail(troubleOf(error, { url: this.url, ...asked })),
        )
      })
    } catch (error) {
      const trouble = troubleOf(error, { url: this.url, ...asked })
      if (['timeout', 'unreachable'].includes(trouble.code)) this.#end(trouble)
      throw trouble
    }
  }

  #end(error: AdapterError): void {
    if (this.#over !== undefined) return
    this.#over = error
    // Lets an unbind go out, if it can.
    this.#socket.destroySoon()
    this.#socket.unref()
    this.#whenOver(error)
  }
}

function changeOf(operation: 'add' | 'delete', type: string, value: string): Change {
  return new Change({ operation, modification: new Attribute({ type, values: [value] }) })
}

function entryOf({ dn, ...attributes }: Record<string, unknown> & { dn: string }): Entry {
  const values = Object.entries(attributes).map(
    ([name, value]) => [name.toLowerCase(), [value].flat() as (string | Buffer)[]] as const,
  )
  return { dn, attributes: new Map(values) }
}
