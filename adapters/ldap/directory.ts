import type { Clock } from '../../src/domain/clock.ts'
import { AdapterError } from '../adapter.ts'
import type { Access } from './access.ts'
import { AssertionControl } from './assertion.ts'
import { filterOf, type LdapConfig, type Server } from './config.ts'
import { Connection, type Edit } from './connection.ts'
import { type Entry, idOf, idTextOf, OBJECT_GUID, textsOf } from './entry.ts'
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
  /** Whether a write can be bound to what the entry is (RFC 4528). */
  readonly asserts: boolean
  readonly active: boolean
  readonly id: string
}

/** The accounts of one server. */
export class Directory {
  readonly connection: Connection
  readonly #config: LdapConfig
  readonly #nature: Nature

  private constructor(connection: Connection, config: LdapConfig, nature: Nature) {
    this.connection = connection
    this.#config = config
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
    const directory = new Directory(connection, config, nature)
    await directory.requireBase(signal)
    return directory
  }

  /** That the base is there, and may be seen: else nothing that is missing is known to be gone. @throws AdapterError */
  async requireBase(signal?: AbortSignal): Promise<void> {
    const { base } = this.#config
    const { entries } = await this.connection.search(base, 'base', undefined, [NO_ATTRIBUTES], signal)
    if (entries.length > 0) return
    throw new AdapterError(
      'auth',
      `${this.connection.url}: ${base} is not there, or not for us to see`,
      'hidden',
    )
  }

  /** The one entry of an account, or why there is none. @throws AdapterError */
  async find(
    account: string,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly entry: Entry; readonly id: string } | { readonly absent: string }> {
    const { base, id: attribute = this.#nature.id } = this.#config
    const filter = nameFilter(filterOf(this.#config), account)
    const asked = [attribute, ...attributes]
    const { entries, refersTo } = await this.connection.search(base, 'sub', filter, asked, signal)
    const [entry, another] = entries
    if (entry === undefined) return { absent: noneWords(account, this.connection.url, base, refersTo) }
    if (another !== undefined) return { absent: severalWords(account, entries) }
    const id = idTextOf(entry, attribute)
    return id === undefined
      ? {
          absent: `${account}: ${entry.dn} has no ${attribute}, by which it would be known under another name`,
        }
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
    const names = [...new Set(all.map((id) => idOf(id).attribute))]
    for (let start = 0; start < all.length; start += AT_ONCE) {
      const filter = idFilter(all.slice(start, start + AT_ONCE))
      const asked = [...names, ...attributes]
      const { entries } = await this.connection.search(this.#nature.root, 'sub', filter, asked, signal)
      for (const entry of entries)
        for (const name of names) found.set(idTextOf(entry, name) ?? entry.dn, entry)
    }
    if (all.some((id) => !found.has(id))) await this.requireBase(signal)
    return found
  }

  /** @throws AdapterError `rejected` when it does not exist any more */
  async entry(id: string, attributes: readonly string[], signal: AbortSignal): Promise<Entry> {
    const entry = (await this.byIds([id], attributes, signal)).get(id)
    if (entry === undefined)
      throw new AdapterError('rejected', 'the account is not in the directory any more')
    return entry
  }

  /** Writes to this very entry, if its name has come to another meanwhile. @throws AdapterError */
  async write({ dn }: Entry, id: string, edit: Edit, signal: AbortSignal): Promise<void> {
    const { active, asserts } = this.#nature
    const { value } = idOf(id)
    const address = active && Buffer.isBuffer(value) ? `<GUID=${value.toString('hex')}>` : dn
    const controls = asserts ? [new AssertionControl(ASSERTION, idFilter([id]))] : []
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
  const active = said('supportedCapabilities').includes(ACTIVE_DIRECTORY)
  const asserts = said('supportedControl').includes(ASSERTION)
  return { root, asserts, active, id: active ? OBJECT_GUID : 'entryUUID' }
}

function plain(dn: string): string {
  return dn.toLowerCase().replaceAll(/\s*([,=])\s*/g, '$1')
}

function isWithin(dn: string, context: string): boolean {
  return context === '' || dn === context || dn.endsWith(`,${context}`)
}

function noneWords(account: string, url: string, base: string, refersTo: readonly string[]): string {
  const none = `${url} has no account ${account} below ${base}`
  return refersTo.length === 0 ? none : `${none}; the rest of it is at ${refersTo.join(', ')}`
}

function severalWords(account: string, entries: readonly Entry[]): string {
  const names = entries.slice(0, NAMED).map(({ dn }) => dn)
  const more = entries.length > NAMED ? '; and others' : ''
  return `there are several accounts ${account}, and none was touched; ${entries.length} fit: ${names.join('; ')}${more}`
}
