import { readFileSync } from 'node:fs'
import { type Change, Client, type Entry } from 'ldapts'
import { AdapterError } from '../adapter.ts'
import type { LdapConfig } from './config.ts'
import { troubleOf } from './trouble.ts'

const TIMEOUT_MS = 5_000
/** One more than is ever right. */
const MOST_FOUND = 2

export interface Question {
  readonly base: string
  readonly scope: 'base' | 'sub'
  readonly filter: string
  readonly attributes: readonly string[]
  /** Of these, which are octets and no text. */
  readonly octets: readonly string[]
}

/** A warm connection to one server, logged in. */
export class Directory {
  readonly server: string
  readonly #client: Client
  readonly #signal: AbortSignal
  #isOpen = false

  private constructor(server: string, client: Client, signal: AbortSignal) {
    this.server = server
    this.#client = client
    this.#signal = signal
  }

  /** @param signal ends everything that is under way @throws AdapterError */
  static async open(
    server: string,
    config: LdapConfig,
    password: string | undefined,
    signal: AbortSignal,
  ): Promise<Directory> {
    const { timeout = TIMEOUT_MS, startTls, bindDn, ca } = config
    const tlsOptions = {
      minVersion: 'TLSv1.2' as const,
      ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    }
    const client = new Client({
      ...{ url: server, timeout, connectTimeout: timeout, strictDN: false },
      ...(server.startsWith('ldaps:') ? { tlsOptions } : {}),
    })
    const directory = new Directory(server, client, signal)
    try {
      if (startTls === true && server.startsWith('ldap:'))
        await directory.#ask(() => client.startTLS({ ...tlsOptions, servername: hostOf(server) }))
      if (bindDn !== undefined) await directory.#ask(() => client.bind(bindDn, password))
      else await directory.#ask(() => client.search('', { scope: 'base', attributes: ['1.1'] }))
      directory.#isOpen = true
      return directory
    } catch (error) {
      await directory.close()
      throw error
    }
  }

  /** At most two entries: the second says that the question was not good enough. @throws AdapterError */
  async find({ base, scope, filter, attributes, octets }: Question): Promise<readonly Entry[]> {
    const { searchEntries, searchReferences } = await this.#ask(() =>
      this.#client
        .search(base, {
          ...{ scope, filter, sizeLimit: MOST_FOUND, attributes: [...attributes] },
          explicitBufferAttributes: [...octets],
        })
        .catch((error: unknown) => ifTooMany(error)),
    )
    if (searchEntries.length === 0 && searchReferences.length > 0)
      throw new AdapterError(
        'rejected',
        `${this.server}: it refers to ${searchReferences[0]?.slice(0, 200)}: name the server that has these entries`,
      )
    return searchEntries
  }

  /** @throws AdapterError */
  async change(dn: string, changes: readonly Change[]): Promise<void> {
    await this.#ask(() => this.#client.modify(dn, [...changes]))
  }

  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined)
  }

  async #ask<T>(run: () => Promise<T>): Promise<T> {
    const gone = (): AdapterError => new AdapterError('timeout', `${this.server}: the call was given up`)
    if (this.#signal.aborted) throw gone()
    // The library would connect anew by itself, and not be logged in: a session is opened instead.
    if (this.#isOpen && !this.#client.isConnected)
      throw new AdapterError('unreachable', `${this.server} closed the connection`)
    let stop = (): void => undefined
    const aborted = new Promise<never>((_resolve, reject) => {
      stop = () => reject(gone())
      this.#signal.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([run(), aborted])
    } catch (error) {
      throw troubleOf(error, this.server)
    } finally {
      this.#signal.removeEventListener('abort', stop)
    }
  }

  get isConnected(): boolean {
    return this.#client.isConnected
  }
}

/** More than two is two for whoever asked for one. */
function ifTooMany(error: unknown): { searchEntries: Entry[]; searchReferences: string[] } {
  if ((error as { code?: unknown }).code !== 4) throw error
  return { searchEntries: [{ dn: '(several)' }, { dn: '(several)' }], searchReferences: [] }
}

function hostOf(server: string): string {
  return new URL(server.replace(/^ldap/, 'http')).hostname
}
