import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AdapterError } from '../adapter.ts'
import { ask } from '../transport/ask.ts'
import { findExecutable } from '../transport/child.ts'
import type { ScriptConfig } from './config.ts'

/** How the executable is started: as whom, and where. */
export interface Starter {
  readonly file: string
  readonly args: readonly string[]
  /** A folder of its own, in which it may write. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Where Cordon is root, setpriv(1) gives up all of that before the executable begins: its user and group, every other
 * group, and for good, as no set-user-ID program gives anything back.
 * @throws AdapterError `bad-config`, `no-rights`, `binary-missing`
 */
export async function starterFor(
  { command, user, group, environment }: ScriptConfig,
  runtimeFolder: string,
  signal: AbortSignal,
): Promise<Starter> {
  const [file = '', ...args] = command
  const who = await accountFor(user, group, signal)
  const given = { env: { PATH, LANG: 'C.UTF-8', ...environment }, cwd: await workFolder(runtimeFolder, who) }
  if (who === undefined) return { ...given, file, args }
  const setpriv = findExecutable('setpriv', PATH)
  if (setpriv === undefined)
    throw new AdapterError('unreachable', 'setpriv (util-linux) is not installed', 'binary-missing')
  const drop = [`--reuid=${who.uid}`, `--regid=${who.gid}`, '--clear-groups', '--no-new-privs', '--']
  return { ...given, file: setpriv, args: [...drop, file, ...args] }
}

interface Account {
  readonly uid: number
  readonly gid: number
}

/** Whom it is started as, where that is somebody else than who we are. */
async function accountFor(
  user: string | undefined,
  group: string | undefined,
  signal: AbortSignal,
): Promise<Account | undefined> {
  const own = process.geteuid?.() ?? -1
  if (user === undefined) {
    if (own !== 0) return undefined
    throw new AdapterError(
      'rejected',
      'Cordon runs as root and starts nothing as root unasked: say in user as whom it is started',
      'bad-config',
    )
  }
  const uid = await idOf('user', user, ['id', '-u', '--', user], signal)
  if (own === 0)
    return {
      uid,
      gid:
        group === undefined
          ? await idOf('user', user, ['id', '-g', '--', user], signal)
          : await idOf('group', group, ['getent', 'group', '--', group], signal),
    }
  if (uid === own && group === undefined) return undefined
  throw new AdapterError(
    'auth',
    `Cordon does not run as root, and can start it as nobody but itself: leave out user and group`,
    'no-rights',
  )
}

/** By the system's own accounts, wherever these come from. */
async function idOf(
  what: string,
  name: string,
  [program = '', ...args]: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const text = await ask(program, args, signal).catch(() => '')
  const [, id] = /^(?:[^:]*:[^:]*:)?(\d+)/.exec(text.trim()) ?? []
  if (id === undefined)
    throw new AdapterError('rejected', `${what}: there is no ${what} ${name} on this machine`, 'bad-config')
  return Number(id)
}

async function workFolder(runtimeFolder: string, who: Account | undefined): Promise<string> {
  const folder = join(runtimeFolder, 'work')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  if (who !== undefined) await chown(folder, who.uid, who.gid)
  return folder
}
