import { AdapterError } from '../adapter.ts'
import { type NetconfSession, RpcRefusal } from '../transport/netconf/session.ts'
import { at, element, type Xml, type XmlElement } from '../transport/netconf/xml.ts'
import type { NetconfDriver } from './driver.ts'
import { refused } from './errors.ts'
import { readDeadlineMs } from './transaction.ts'

/**
 * What a subtree filter selects of the running configuration (RFC 6241 §6, §7.1).
 * @param entries how many are expected at the most
 * @throws AdapterError
 */
export async function getConfig(
  session: NetconfSession,
  driver: NetconfDriver,
  selected: Xml,
  signal: AbortSignal,
  entries = 0,
): Promise<XmlElement | undefined> {
  const filter = element('filter', { type: 'subtree' }, selected)
  const request = element('get-config', {}, element('source', {}, element('running')), filter)
  return at(await ask(session, driver, request, readDeadlineMs(entries), signal), 'data')
}

/** An operation that changes nothing. @throws AdapterError */
export async function ask(
  session: NetconfSession,
  driver: NetconfDriver,
  operation: Xml,
  withinMs: number,
  signal: AbortSignal,
): Promise<XmlElement> {
  try {
    return (await session.rpc(operation, { withinMs, signal })).root
  } catch (error) {
    if (error instanceof RpcRefusal) throw refused(error, driver.meanings)
    // That it was not answered leaves nothing in doubt: nothing was to change.
    if (error instanceof AdapterError) throw new AdapterError(error.class, error.message, error.code)
    throw error
  }
}
