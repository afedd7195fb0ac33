import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CliError, EXIT } from '../exit.ts'
import type { Io } from '../io.ts'

/** Which controller to ask, and as whom. */
export interface Access {
  readonly url: URL
  /** Path of a Unix socket to use instead of the network. */
  readonly socket?: string
  readonly token: string
}

type Where = Pick<Io, 'env' | 'cwd' | 'uid'>

/**
 * Finds the controller and the token: CORDON_URL and CORDON_TOKEN, else the file that CORDON_ACCESS names, else
 * `var/access.json` here, else the one in the user's configuration folder.
 * @throws CliError
 */
export async function findAccess(io: Where): Promise<Access> {
  const { CORDON_URL: url, CORDON_TOKEN: token } = io.env
  if (url !== undefined && url !== '') {
    // A file's token is for the file's controller; it is never sent to another one.
    if (token === undefined || token === '')
      throw new CliError(
        EXIT.auth,
        'CORDON_URL is set and CORDON_TOKEN is not; set both, or neither to use a file',
      )
    return { ...readUrl(url, 'CORDON_URL'), token }
  }
  const file = await readFirst(io)
  return token === undefined || token === '' ? file : { ...file, token }
}

async function readFirst(io: Where): Promise<Access> {
  const named = io.env['CORDON_ACCESS']
  if (named !== undefined && named !== '') {
    const path = resolve(io.cwd, named)
    const access = await readAccessFile(path, io.uid)
    if (access === undefined)
      throw new CliError(EXIT.auth, `${path}, which CORDON_ACCESS names, does not exist`)
    return access
  }
  const places = usualPlaces(io)
  for (const path of places) {
    const access = await readAccessFile(path, io.uid)
    if (access !== undefined) return access
  }
  throw new CliError(
    EXIT.auth,
    `no controller and no token: set CORDON_URL and CORDON_TOKEN, or run this where 'npm start' was run (looked for ${places.join(' and ')})`,
  )
}

function usualPlaces({ env, cwd }: Where): string[] {
  const configured = env['XDG_CONFIG_HOME']
  const config = configured?.startsWith('/') === true ? configured : join(env['HOME'] ?? homedir(), '.config')
  return [join(cwd, 'var', 'access.json'), join(config, 'cordon', 'access.json')]
}

async function readAccessFile(path: string, uid: number | undefined): Promise<Access | undefined> {
  const handle = await openFile(path)
  if (handle === undefined) return undefined
  try {
    await refuseOthers(handle, path, uid)
    return parseAccess(await handle.readFile('utf8'), path)
  } finally {
    await handle.close()
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    // Without waiting: whoever may write here could have put a pipe in place of the file.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new CliError(EXIT.auth, `cannot read ${path}: ${code ?? String(error)}`)
  }
}

/** Judges the file that is open, so that nobody can exchange it between the look and the reading. */
async function refuseOthers(handle: FileHandle, path: string, uid: number | undefined): Promise<void> {
  const stat = await handle.stat()
  if (!stat.isFile()) throw new CliError(EXIT.auth, `${path} is not a file`)
  if (uid === undefined) return
  if (stat.uid !== uid)
    throw new CliError(
      EXIT.auth,
      `${path} belongs to another user (uid ${stat.uid}); a token is taken from your own file only`,
    )
  if ((stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(3, '0')
    throw new CliError(
      EXIT.auth,
      `${path} holds a token and other users can reach it (mode ${mode}): run chmod 600 ${path}, and replace the token if others may have read it`,
    )
  }
}

function parseAccess(text: string, path: string): Access {
  const bad = (what: string): CliError =>
    new CliError(EXIT.failure, `${path} ${what}; expected {"url": …, "token": …, "socket": … or nothing}`)
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw bad('is not JSON')
  }
  if (typeof data !== 'object' || data === null) throw bad('is not an object')
  const { url, socket, token } = data as Record<string, unknown>
  if (typeof url !== 'string') throw bad('has no url')
  if (typeof token !== 'string' || token === '') throw bad('has no token')
  if (socket !== undefined && (typeof socket !== 'string' || socket === ''))
    throw bad('has a socket that is not a path')
  return { ...readUrl(url, path), ...(socket === undefined ? {} : { socket }), token }
}

function readUrl(text: string, from: string): Pick<Access, 'url' | 'socket'> {
  const socket = /^unix:(\/.+)$/.exec(text)?.[1]
  if (socket !== undefined) return { url: new URL('http://localhost'), socket }
  if (!URL.canParse(text) || !/^https?:\/\//.test(text))
    throw new CliError(
      EXIT.failure,
      `'${text}' in ${from} is not a URL such as http://127.0.0.1:8321 or unix:/run/cordon.sock`,
    )
  return { url: new URL(text) }
}

/** Whether the token would cross a network unencrypted. */
export function isExposed({ url, socket }: Access): boolean {
  return socket === undefined && url.protocol === 'http:' && !isLoopback(url.hostname)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}

/** The controller, as messages name it. */
export function placeOf({ url, socket }: Access): string {
  return socket === undefined ? url.origin : socket
}
