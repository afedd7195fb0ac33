import { AdapterError } from '../../adapter.ts'
import type { Platform } from './platform.ts'
import { promptAtEnd } from './transcript.ts'

/** A shell of which the prompt is not known yet. */
interface Terminal {
  lines(): readonly string[]
  unfinished(): string
  type(line: string): void
  wait<T>(check: () => T | undefined): Promise<T>
}

export interface Found {
  readonly name: string
  readonly mode: string
}

const PASSWORD = /password:\s*$/i

/**
 * Waits for a prompt behind whatever the device greets with, and types `enable` where that is needed.
 * @throws AdapterError `auth`
 */
export async function logIn(
  platform: Platform,
  enable: string | undefined,
  terminal: Terminal,
): Promise<Found> {
  const { lines, unfinished, type, wait } = terminal
  const found = await wait(() => promptAtEnd(lines(), unfinished(), platform))
  if (found.mode !== platform.user) return found
  const before = lines().length
  const behind = (): Found | undefined =>
    lines().length > before ? promptAtEnd(lines().slice(before), unfinished(), platform) : undefined
  type('enable')
  const asked = await wait(() => (PASSWORD.test(unfinished()) ? 'password' : behind()))
  if (asked !== 'password') return raised(asked, platform.user)
  if (enable === undefined)
    throw new AdapterError('auth', 'it asks for a password to enable, and `enable` is not configured')
  const told = lines().length
  type(enable)
  const raising = await wait(() => {
    if (lines().length <= told) return undefined
    return PASSWORD.test(unfinished()) ? 'again' : behind()
  })
  if (raising === 'again') throw new AdapterError('auth', 'it does not take the password to enable')
  return raised(raising, platform.user)
}

function raised(found: Found, user: string | undefined): Found {
  if (found.mode !== user) return found
  throw new AdapterError('auth', 'it does not let us enable')
}
