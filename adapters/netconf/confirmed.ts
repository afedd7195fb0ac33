import type { AdapterEnv } from '../adapter.ts'
import { AdapterError } from '../adapter.ts'
import { offers } from '../transport/netconf/hello.ts'
import { type NetconfSession, RpcRefusal } from '../transport/netconf/session.ts'
import { element, type Xml } from '../transport/netconf/xml.ts'
import { Unanswered } from '../transport/unanswered.ts'
import type { NetconfDriver } from './driver.ts'
import { refused } from './errors.ts'
import { editDeadlineMs, Transactions } from './transaction.ts'

/** Until a device takes back what was not confirmed, in seconds; a new session and a look need a fraction of it. */
const CONFIRM_WITHIN_S = 120
const CONFIRM_MS = 30_000

export interface ConfirmedOptions {
  readonly session: NetconfSession
  readonly driver: NetconfDriver
  readonly env: Pick<AdapterEnv, 'device'>
  /** Another session on the same device: that it can be opened is part of what is confirmed. */
  readonly connect: (signal: AbortSignal) => Promise<NetconfSession>
  /** Looks in the new session: why the change is not as it should be, or undefined. */
  readonly whyNot: (session: NetconfSession, signal: AbortSignal) => Promise<string | undefined>
  /** The `<config>` of an edit that takes the change back, for a device that cannot be told to. */
  readonly undo?: Xml
}

/** Who can confirm (RFC 6241 §8.4): whoever knows the name, any session at all, the same session alone, or nobody. */
type Way = 'persist' | 'anyone' | 'session' | 'none'

/** What becomes of a change that is not as it should be. */
const AFTERWARDS: Readonly<Record<Way, string>> = {
  persist: `the device takes it back within ${CONFIRM_WITHIN_S} s`,
  session: `the device takes it back within ${CONFIRM_WITHIN_S} s`,
  anyone: `the device takes it back within ${CONFIRM_WITHIN_S} s`,
  none: 'it stays as it is, as the device knows no confirmed commit',
}

/**
 * Makes a change that could cut the device off. It is committed for two minutes; only when a new session could be
 * opened, and has seen it, is it confirmed: by this session, which has the lock, or by the new one where this one did
 * not outlive the change. Otherwise it is taken back, at once or by the device. Where the device knows no confirmed
 * commit, it is committed at once and looked at afterwards.
 * @throws Unanswered when nobody knows what stands now; AdapterError: `rejected` when it does not stand, or
 *   `unreachable` when it could not be confirmed and may stand for a while (`not-taken-back`)
 */
export async function changeConfirmed(
  config: Xml,
  options: ConfirmedOptions,
  signal: AbortSignal,
): Promise<void> {
  const way = wayOf(options)
  const first = new Transactions(options.session, options.driver, 'shared')
  await first.begin(async () => config, beginning(way, options), editDeadlineMs(1_000), signal)
  try {
    await lookAndConfirm(way, first, options, signal)
  } finally {
    if (options.session.over === undefined) await first.end()
  }
}

async function lookAndConfirm(
  way: Way,
  first: Transactions,
  options: ConfirmedOptions,
  signal: AbortSignal,
): Promise<void> {
  const { session, driver, connect, whyNot } = options
  let second: NetconfSession | undefined
  let why: string | undefined
  try {
    second = await connect(signal)
    why = await whyNot(second, signal)
    if (why !== undefined) throw new AdapterError('rejected', why)
    if (way === 'none') return
    if (session.over === undefined) await first.commitAgain(ending(way, options), CONFIRM_MS, signal)
    else await new Transactions(second, driver, 'shared').commit(ending(way, options), CONFIRM_MS, signal)
  } catch (error) {
    const isBack = await takeBack(way, first, options, second).catch(() => false)
    if (!(error instanceof AdapterError) || error instanceof Unanswered) throw error
    // Whatever kept a new session out is no word of the device against the change.
    if (isBack) throw new AdapterError('rejected', `${error.message}; it was taken back`, 'taken-back')
    const words = `${error.message}; ${AFTERWARDS[way]}`
    throw why === undefined
      ? new AdapterError('unreachable', words, 'not-taken-back')
      : new AdapterError('rejected', words)
  } finally {
    await second?.close()
  }
}

/**
 * Takes back what a session before this one, of ours and by this name, had committed and not confirmed. There is nothing
 * to do where the end of that session has done it, or where nothing was open.
 */
export async function cancelLeftOver(
  options: Pick<ConfirmedOptions, 'session' | 'driver' | 'env'>,
  signal: AbortSignal,
): Promise<void> {
  if (wayOf(options) === 'persist') await cancel(options, options.session, signal)
}

function wayOf({ session, driver }: Pick<ConfirmedOptions, 'session' | 'driver'>): Way {
  if (!offers(session.hello, 'candidate')) return 'none'
  if (offers(session.hello, 'confirmed-commit', '1.1')) return 'persist'
  if (!offers(session.hello, 'confirmed-commit', '1.0')) return 'none'
  return driver.confirmedByAnyone === true ? 'anyone' : 'session'
}

function beginning(way: Way, options: ConfirmedOptions): Xml {
  if (way === 'none') return element('commit')
  const timeout = element('confirm-timeout', {}, CONFIRM_WITHIN_S)
  const persist = way === 'persist' ? [element('persist', {}, persistId(options))] : []
  return element('commit', {}, element('confirmed'), timeout, ...persist)
}

function ending(way: Way, options: ConfirmedOptions): Xml {
  return way === 'persist'
    ? element('commit', {}, element('persist-id', {}, persistId(options)))
    : element('commit')
}

/** By name, so that a later session of ours finds what this one may leave behind. */
function persistId({ env }: Pick<ConfirmedOptions, 'env'>): string {
  return `cordon-${env.device}`
}

/**
 * At once: by name from whichever session is left, by the end of the session, or by an edit that undoes it.
 * @returns whether the device has said so
 */
async function takeBack(
  way: Way,
  first: Transactions,
  options: ConfirmedOptions,
  second: NetconfSession | undefined,
): Promise<boolean> {
  const { session, undo } = options
  const never = new AbortController().signal
  if (way === 'session') {
    session.finish(new AdapterError('rejected', 'a change was taken back'))
    return true
  }
  const left = session.over === undefined ? session : second
  if (way === 'persist') return left !== undefined && (await cancel(options, left, never))
  if (undo === undefined || session.over !== undefined) return false
  await first.changeAgain(undo, element('commit'), CONFIRM_MS, never)
  return true
}

/** @returns false when the device would not */
async function cancel(
  { driver, env }: Pick<ConfirmedOptions, 'driver' | 'env'>,
  session: NetconfSession,
  signal: AbortSignal,
): Promise<boolean> {
  const operation = element('cancel-commit', {}, element('persist-id', {}, persistId({ env })))
  try {
    await session.rpc(operation, { withinMs: CONFIRM_MS, signal })
    return true
  } catch (error) {
    // Nothing is open, or somebody else's is: servers do not agree on how they say so.
    if (!(error instanceof RpcRefusal)) throw error
    const found = refused(error, driver.meanings)
    if (found.class === 'auth') throw found
    return false
  }
}
