import type { EntryRule } from '../../src/domain/rule.ts'
import { bisect } from '../configured/bisect.ts'
import type { ConfiguredDevice, EntryChange, Listing, Refusals } from '../configured/device.ts'
import type { NetconfSession } from '../transport/netconf/session.ts'
import type { Xml } from '../transport/netconf/xml.ts'
import type { NetconfDriver } from './driver.ts'
import { getConfig } from './reading.ts'
import { editDeadlineMs, Transactions } from './transaction.ts'

/** Beyond so many rules the whole of our containers is read instead of each by its name. */
const BY_NAME = 50

/** Our containers on a NETCONF server (RFC 6241), in the terms of one data model. */
export class NetconfDevice implements ConfiguredDevice {
  readonly #session: NetconfSession
  readonly #driver: NetconfDriver
  readonly #filterOn: readonly string[]
  readonly #transactions: Transactions
  #standing = 0
  /** Whether entries that this session wrote were seen among all others. */
  #order: 'unwritten' | 'unseen' | 'seen' = 'unwritten'
  #asleep: ReadonlySet<string> = NOTHING

  /**
   * @param filterOn interfaces where packets are to meet our containers
   * @throws AdapterError `unsupported` when the server lets nobody edit
   */
  constructor(session: NetconfSession, driver: NetconfDriver, filterOn: readonly string[]) {
    this.#session = session
    this.#driver = driver
    this.#filterOn = filterOn
    this.#transactions = new Transactions(session, driver)
  }

  async read(what: 'all' | readonly EntryRule[], signal: AbortSignal): Promise<Listing> {
    const isUnseen = this.#driver.isOrdered === true && this.#order === 'unseen'
    const selected = what === 'all' || what.length > BY_NAME || isUnseen ? 'all' : what
    const filter = this.#driver.select(selected, this.#filterOn)
    const data = await getConfig(this.#session, this.#driver, filter, signal, this.#standing)
    const listing = this.#driver.read(data, selected, this.#filterOn)
    if (selected === 'all') {
      this.#standing = listing.rules.size
      if (isUnseen) this.#order = 'seen'
    }
    this.#asleep = new Set(listing.unsettled?.keys())
    return listing
  }

  write(change: EntryChange, standing: number, signal: AbortSignal): Promise<Refusals> {
    if (this.#order === 'unwritten' && change.put.length > 0) this.#order = 'unseen'
    return bisect(change, (part) => {
      const deadline = editDeadlineMs(standing + part.put.length + part.remove.length)
      const edit = (): Promise<Xml> =>
        editOf(this.#session, this.#driver, part, standing, signal, this.#asleep)
      return this.#transactions.run(edit, deadline, signal)
    })
  }

  whyUnsupported(rule: EntryRule): string | undefined {
    return this.#driver.whyUnsupported(rule)
  }
}

/**
 * The edit that makes a change, in the light of what stands where that matters.
 * @param standing how many entries of ours there are
 * @param asleep keys of what is configured and not in effect
 * @throws AdapterError
 */
export async function editOf(
  session: NetconfSession,
  driver: NetconfDriver,
  change: EntryChange,
  standing: number,
  signal: AbortSignal,
  asleep = NOTHING,
): Promise<Xml> {
  const removal = session.hello.base === '1.1' ? 'remove' : 'delete'
  if (driver.looksFirst !== true) return driver.edit(change, removal, { asleep })
  const found = await getConfig(session, driver, driver.select('all', []), signal, standing)
  return driver.edit(change, removal, { asleep, ...(found === undefined ? {} : { found }) })
}

const NOTHING: ReadonlySet<string> = new Set()
