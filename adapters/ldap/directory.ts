import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'
import type { Access } from './access.ts'
import { AssertionControl } from './assertion.ts'
import type { LdapConfig, Server } from './config.ts'
import { userOf } from './config.ts'
import { Connection, type Edit } from './connection.ts'
import { type Entry, type IdAttribute, idOf, idTextOf, textsOf } from './entry.ts'
import { idFilter, nameFilter } from './filter.ts'

/** How many entries are asked for at once. */
const AT_ONCE = 50
/** How many DNs are named where a name finds several. */
const NAMED = 5

const ASSERTION = '1.3.6.1.1.12'
/** LDAP_CAP_ACTIVE_DIRECTORY_OID of [MS-ADTS] §3.1.1.3.4.3.1. */
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800'
const NO_ATTRIBUTES = '1.1'

/** What a directory says of itself (RFC 4512 §5.1). */
interface Nature {
  /** The naming context that the base is in: an account stays ours wherever it is moved there. */
  readonly root: string
  readonly asserts: boolean
  readonly active: boolean
}

/** The accounts of one server. */
export class Directory {
  readonly connection: Connection
  readonly #base: string
  readonly #user: string
  readonly #nature: Nature

  private constructor(connection: Connection, { base }: LdapConfig, user: string, nature: Nature) {
    this.connection = connection
    this.#base = base
    this.#user = user
    this.#nature = nature
  }

  /** @param signal gives up the opening; the directory stays. @throws AdapterError */
  static async open(
    server: Server,
    access: Access,
    config: LdapConfig,
    clock: Clock,
    signal?: AbortSignal,
  ): Promise<Directory> {
    const connection = await Connection.open(server, access, clock, signal)
    try {
      return await Directory.on(connection, config, signal)
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** @throws AdapterError `no-base`, `hidden`: it has nothing for us */
  static async on(connection: Connection, config: LdapConfig, signal?: AbortSignal): Promise<Directory> {
    const nature = await natureOf(connection, config.base, signal)
    const directory = new Directory(connection, config, userOf(config), nature)
    await directory.requireBase(signal)
    return directory
  }

  get idAttribute(): IdAttribute {
    return this.#nature.active ? 'objectGUID' : 'entryUUID'
  }

  /** That the base is there, and may be seen: else nothing that is missing is known to be gone. @throws AdapterError */
  async requireBase(signal?: AbortSignal): Promise<void> {
    const { entries } = await this.connection.search(this.#base, 'base', undefined, [NO_ATTRIBUTES], signal)
    if (entries.length > 0) return
    const words = `${this.connection.url}: ${this.#base} is not there, or not for us to see`
    throw new AdapterError('auth', words, 'hidden')
  }

  /** The one entry of an account, or why there is none. @throws AdapterError */
  async find(
    account: string,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly entry: Entry; readonly id: string } | { readonly absent: string }> {
    const { idAttribute } = this
    const filter = nameFilter(this.#user, account)
    const asked = [idAttribute, ...attributes]
    const { entries, refersTo } = await this.connection.search(this.#base, 'sub', filter, asked, signal)
    const [entry, another] = entries
    if (entry === undefined) return { absent: noneWords(account, this.#base, refersTo) }
    if (another !== undefined) return { absent: severalWords(account, entries) }
    const id = idTextOf(entry, idAttribute)
    return id === undefined
      ? { absent: `${account}: ${entry.dn} has no ${idAttribute} that we may read` }
      : { entry, id }
  }

  /** By their ids, whatever they are called by now. @throws AdapterError also when they cannot be known to be gone */
  async byIds(
    ids: readonly string[],
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Entry>> {
    const found = new Map<string, Entry>()
    const all = [...new Set(ids)]
    for (let start = 0; start < all.length; start += AT_ONCE) {
      const filter = idFilter(all.slice(start, start + AT_ONCE).map(idOf))
      const asked = [this.idAttribute, ...attributes]
      const { entries } = await this.connection.search(this.#nature.root, 'sub', filter, asked, signal)
      for (const entry of entries) found.set(idTextOf(entry, this.idAttribute) ?? '', entry)
    }
    if (all.some((id) => !found.has(id))) await this.requireBase(signal)
    return found
  }

  async entryOrNone(
    id: string,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<Entry | undefined> {
    return (await this.byIds([id], attributes, signal)).get(id)
  }

  /** @throws AdapterError `rejected` when it does not exist any more */
  async entry(id: string, attributes: readonly string[], signal: AbortSignal): Promise<Entry> {
    const entry = await this.entryOrNone(id, attributes, signal)
    if (entry === undefined) throw new AdapterError('rejected', 'the account is not in the directory any more')
    return entry
  }

  /** Writes to this very entry, if its name has come to another meanwhile. @throws AdapterError */
  async write({ dn }: Entry, id: string, edit: Edit, signal: AbortSignal): Promise<void> {
    const { active, asserts } = this.#nature
    const address = active ? `<GUID=${id}>` : dn
    const controls = asserts ? [new AssertionControl(ASSERTION, idFilter([idOf(id)]))] : []
    await this.connection.modify(address, [edit], controls, signal)
  }

  /** Why a lock of an account of this password policy has no effect. @throws AdapterError */
  async whyNoLockout(policy: string, signal: AbortSignal): Promise<string | undefined> {
    const { entries } = await this.connection.search(policy, 'base', undefined, ['pwdLockout'], signal)
    const [lockout = 'not there, or not for us to see'] = entries.flatMap((entry) =>
      textsOf(entry, 'pwdLockout'),
    )
    return lockout === 'TRUE'
      ? undefined
      : `a lock would have no effect: pwdLockout of the password policy ${policy} is ${lockout}`
  }

  /** Why nobody can be put into a group. @throws AdapterError */
  async whyNoGroup(group: string, signal: AbortSignal): Promise<string | undefined> {
    const { entries } = await this.connection.search(group, 'base', undefined, [NO_ATTRIBUTES], signal)
    return entries.length > 0 ? undefined : `the group ${group} is not there, or not for us to see`
  }
}

async function natureOf(connection: Connection, base: string, signal?: AbortSignal): Promise<Nature> {
  const asked = ['namingContexts', 'supportedControl', 'supportedCapabilities']
  const { entries } = await connection.search('', 'base', undefined, asked, signal)
  const said = (name: string): readonly string[] => entries.flatMap((entry) => textsOf(entry, name))
  const contexts = said('namingContexts')
  const holding = contexts.filter((context) => isWithin(plain(base), plain(context)))
  const [root] = holding.toSorted((a, b) => b.length - a.length)
  if (root === undefined)
    throw new AdapterError(
      'rejected',
      `${connection.url} has no naming context with ${base}; it says: ${contexts.join('; ') || 'nothing'}`,
      'no-base',
    )
  return {
    root,
    asserts: said('supportedControl').includes(ASSERTION),
    active: said('supportedCapabilities').includes(ACTIVE_DIRECTORY),
  }
}

function plain(dn: string): string {
  return dn.toLowerCase().replaceAll(/\s*([,=])\s*/g, '$1')
}

function isWithin(dn: string, context: string): boolean {
  return context === '' || dn === context || dn.endsWith(`,${context}`)
}

function noneWords(account: string, base: string, refersTo: readonly string[]): string {
  const none = `no such account: ${account} is not under ${base}`
  return refersTo.length === 0 ? none : `${none}; the rest of it is at ${refersTo.join(', ')}`
}

function severalWords(account: string, entries: readonly Entry[]): string {
  const names = entries.slice(0, NAMED).map(({ dn }) => dn)
  const more = entries.length > NAMED ? '; and others' : ''
  return `${entries.length} entries are ${account}, and none was touched: ${names.join('; ')}${more}`
}
