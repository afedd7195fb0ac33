import { AdapterError, type Check } from '../adapter.ts'

/** Beyond this, times in logs of the device and in ours cannot be brought together. */
const SKEW_MS = 60_000

/** What is known once somebody has logged in. */
export const LOGGED_IN: readonly Check[] = [
  { what: 'reach', ok: true, words: 'its SSH server answers' },
  { what: 'host-key', ok: true, words: 'it shows a host key that is pinned' },
  { what: 'login', ok: true, words: 'it lets us in' },
]

/** What is known when nobody could log in: nothing that comes after it. @throws what is no AdapterError */
export function notLoggedIn(error: unknown): readonly Check[] {
  if (!(error instanceof AdapterError)) throw error
  const what = error.class === 'host-key' ? 'host-key' : error.class === 'auth' ? 'login' : 'reach'
  const before = LOGGED_IN.slice(
    0,
    LOGGED_IN.findIndex((check) => check.what === what),
  )
  return [...before, { what, ok: false, words: error.message }]
}

/** Logs in, looks, and leaves again; the looks come behind what the login has shown. @throws what is no AdapterError */
export async function checkedOn<T extends { close(): Promise<void> }>(
  logIn: () => Promise<T>,
  look: (session: T) => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  let session: T
  try {
    session = await logIn()
  } catch (error) {
    return notLoggedIn(error)
  }
  try {
    return [...LOGGED_IN, ...(await look(session))]
  } finally {
    await session.close()
  }
}

/** One look; what it throws is what is wrong. @throws what is no AdapterError */
export async function looked(what: Check['what'], look: () => Promise<Omit<Check, 'what'>>): Promise<Check> {
  try {
    return { what, ...(await look()) }
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    return { what, ok: false, words: error.message }
  }
}

/** @param lacking what is missing of containers and filters, and what only a person may put right, in words */
export function containersLook(
  { lacking, byHand }: { readonly lacking: readonly string[]; readonly byHand: readonly string[] },
  filterOn: readonly string[],
): Omit<Check, 'what'> {
  const missing = [...lacking.map((one) => `it lacks ${one}`), ...byHand]
  if (missing.length > 0) return { ok: false, words: missing.join('; ') }
  if (filterOn.length === 0)
    return { ok: false, words: 'they are there, and filterOn names no interface where packets meet them' }
  return { ok: true, words: `they are there, and on ${filterOn.join(', ')}` }
}

export function capacityLook(entries: number, foreign: number, maxEntries: number): Omit<Check, 'what'> {
  const words = `${entries} of ${maxEntries} entries (maxEntries)${foreign === 0 ? '' : `, ${foreign} by hand`}`
  return { ok: entries < maxEntries, words }
}

/** @param theirs what the device says the time is, in milliseconds since 1970; undefined when it does not say */
export function clockLook(theirs: number | undefined, ours: number): Omit<Check, 'what'> {
  if (theirs === undefined) return { ok: false, words: 'it does not say what time it has' }
  const seconds = Math.round((theirs - ours) / 1_000)
  const ok = Math.abs(theirs - ours) <= SKEW_MS
  if (seconds === 0) return { ok, words: 'its clock agrees with ours' }
  return { ok, words: `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ours` }
}
