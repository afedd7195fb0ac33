import { type Entry, escapeFilter } from 'ldapts'
import { realmOf } from '../../src/domain/identity.ts'
import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import { type Marks, type Panel, type Position, positionIn, type Sight } from '../switching/panel.ts'
import type { LdapConfig } from './config.ts'
import type { Directory } from './directory.ts'
import { IN_GROUP, type LockWay, lockWayOf } from './lock.ts'
import { type Mark, markText, readMark } from './mark.ts'

const BY_UID = '(uid={user})'
/** How often a change that somebody else was quicker with is tried anew from what is there by then. */
const TRIES = 3

/** The accounts of a directory: down is locked. */
export class DirectoryPanel implements Panel {
  readonly #config: LdapConfig
  readonly #lock: LockWay
  readonly #main: Directory
  readonly #replicas: readonly Directory[]

  constructor(config: LdapConfig, main: Directory, replicas: readonly Directory[]) {
    this.#config = config
    this.#lock = lockWayOf(config.lock)
    this.#main = main
    this.#replicas = replicas
  }

  async read(
    rules: readonly SwitchRule[],
    signal: AbortSignal,
    marks: Marks,
  ): Promise<ReadonlyMap<string, Sight>> {
    const sights = new Map<string, Sight>()
    for (const { key, name } of rules) {
      if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
      sights.set(key, await this.#sightOf(name, marks.get(key)))
    }
    return sights
  }

  async turn(
    { name }: SwitchRule,
    to: Position,
    signal: AbortSignal,
    mark: string | undefined,
  ): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
      const known = mark === undefined ? undefined : readMark(mark, this.#lock.how)
      const entry = await this.#only(this.#main, name, known)
      if ('words' in entry) throw new AdapterError('rejected', entry.words)
      const { dn, changes } = this.#lock.changes(entry.found, to, known?.was ?? [])
      if (changes.length === 0) return
      try {
        return await this.#main.change(dn, changes)
      } catch (error) {
        const isRace = error instanceof AdapterError && error.class === 'busy'
        if (!isRace || attempt >= TRIES) throw asRefusal(error)
        // Who was quicker may have done just that.
        if (positionIn(await this.#sightOf(name, mark)) === to) return
      }
    }
  }

  async #sightOf(name: string, remembered: string | undefined): Promise<Sight> {
    const known = remembered === undefined ? undefined : readMark(remembered, this.#lock.how)
    const one = await this.#only(this.#main, name, known)
    if ('words' in one) return { absent: one.words }
    const { at, was } = this.#lock.stands(one.found)
    const id = this.#idOf(one.found)
    if (id === undefined)
      return {
        absent: `${one.found.dn} has no ${this.#idName} by which it would be known under another name`,
      }
    // What was found before we had it down stays known while it is down.
    const mark =
      at === 'down' && remembered !== undefined ? remembered : markText({ how: this.#lock.how, id, was })
    const elsewhere = await this.#isElsewhere(name, { how: this.#lock.how, id, was }, at)
    return { at: elsewhere ? 'moving' : at, mark }
  }

  /** Whether a replica, with which people log in, still says something else. */
  async #isElsewhere(name: string, mark: Mark, at: Position): Promise<boolean> {
    for (const replica of this.#replicas) {
      const one = await this.#only(replica, name, mark)
      if ('words' in one || this.#lock.stands(one.found).at !== at) return true
    }
    return false
  }

  async #only(
    directory: Directory,
    name: string,
    known: Mark | undefined,
  ): Promise<{ readonly found: Entry } | { readonly words: string }> {
    const filter = known === undefined ? this.#filterFor(name) : this.#filterById(known.id)
    const entries = await directory.find({
      ...{ base: this.#config.base, scope: 'sub', filter },
      attributes: [this.#idName, ...this.#lock.attributes],
      octets: this.#isOctets ? [this.#idName] : [],
    })
    const [found, ...more] = entries
    if (found === undefined)
      return {
        words:
          known === undefined
            ? `${directory.server} has no account ${name} below ${this.#config.base}`
            : `the account that was ${name} is not in ${directory.server} any more`,
      }
    if (more.length > 0)
      return {
        words: `${directory.server} has several accounts ${name} below ${this.#config.base}: narrow base or filter`,
      }
    return { found: await this.#withGroup(directory, found) }
  }

  async #withGroup(directory: Directory, entry: Entry): Promise<Entry> {
    const { lock } = this.#config
    if (lock.how !== 'group') return entry
    const { dn, member = 'member' } = lock
    const groups = await directory.find({
      ...{ base: dn, scope: 'base', filter: `(${member}=${escaped(entry.dn)})` },
      ...{ attributes: ['1.1'], octets: [] },
    })
    return { ...entry, [IN_GROUP]: groups.length > 0 ? 'yes' : 'no' }
  }

  get #idName(): string {
    return this.#config.id ?? (this.#lock.how === 'active-directory' ? 'objectGUID' : 'entryUUID')
  }

  get #isOctets(): boolean {
    return this.#idName.toLowerCase() === 'objectguid'
  }

  #idOf(entry: Entry): string | undefined {
    const field = Object.keys(entry).find((one) => one.toLowerCase() === this.#idName.toLowerCase())
    const value = field === undefined ? undefined : [entry[field] ?? []].flat()[0]
    if (value === undefined) return undefined
    return typeof value === 'string' ? value : value.toString('hex')
  }

  #filterById(id: string): string {
    const value = this.#isOctets ? id.replaceAll(/../g, (octet) => `\\${octet}`) : escaped(id)
    return `(${this.#idName}=${value})`
  }

  #filterFor(account: string): string {
    const realm = realmOf(account)
    const parts: Readonly<Record<string, string>> = {
      user: account.slice(0, -realm.length - 1),
      realm,
      account,
    }
    return (this.#config.filter ?? BY_UID).replaceAll(/\{(user|realm|account)\}/g, (_, part: string) =>
      escaped(parts[part] ?? ''),
    )
  }
}

/** RFC 4515 §3: whatever is in a name is a value and nothing else. */
function escaped(text: string): string {
  return escapeFilter`${text}`
}

/** After the last try it is the device's word, and others may be turned. */
function asRefusal(error: unknown): unknown {
  return error instanceof AdapterError && error.class === 'busy'
    ? new AdapterError('rejected', error.message)
    : error
}
