import { execFileSync, spawn } from 'node:child_process'
import { accessSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type OwnUser, seeingUsers, writeUsers } from '../../simulator/own-users.ts'
import { until } from './bird.ts'
import { endChild, freePort } from './daemon.ts'

const SSHD = '/usr/sbin/sshd'
const HOST = '127.0.0.1'

/** Why no OpenSSH server can be started here, or false: what `skip` of a test takes. */
export function noSshd(): string | false {
  try {
    accessSync(SSHD)
    return userInfo().uid === 0 ? false : 'sshd needs root, to log anybody in'
  } catch {
    return 'openssh-server is not installed'
  }
}

/** A real OpenSSH server on loopback, with keys of its own, that lets in whoever runs the test, by key. */
export interface Sshd {
  readonly port: number
  readonly username: string
  /** In OpenSSH's form. */
  readonly privateKey: string
  /** Where it is kept, for the OpenSSH client. */
  readonly privateKeyFile: string
  /** The line of the public host key. */
  readonly hostKey: string
  /** Processes of its sessions; the server itself is none. */
  sessions(): number[]
  /** Kills every session, as a device that restarts. */
  cut(): void
  dispose(): Promise<void>
}

export interface SshdOptions {
  /** Lines of sshd_config, ahead of our own. */
  readonly lines?: (port: number) => readonly string[]
  /** People that only this server knows; all have the one key. */
  readonly users?: readonly OwnUser[]
  /** In place of the machine's. */
  readonly sudoers?: string
}

/** Of whoever runs the test, without the machine's own configuration. */
const ALWAYS = [
  ...['PidFile none', 'UsePAM no', 'StrictModes no', 'PermitRootLogin yes'],
  ...['PasswordAuthentication no', 'LogLevel QUIET'],
]

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = mkdtempSync('/tmp/cordon-sshd-')
  mkdirSync('/run/sshd', { recursive: true })
  const port = await freePort(HOST)
  const keyFile = join(folder, 'user')
  const hostKeyFile = join(folder, 'host')
  makeKey(keyFile)
  makeKey(hostKeyFile)
  const own = [
    `ListenAddress ${HOST}`,
    `Port ${port}`,
    `HostKey ${hostKeyFile}`,
    `AuthorizedKeysFile ${keyFile}.pub`,
  ]
  writeFileSync(join(folder, 'config'), [...own, ...(options.lines?.(port) ?? []), ...ALWAYS, ''].join('\n'))
  const command = [SSHD, '-D', '-f', join(folder, 'config')]
  const [file = '', ...args] = [...asSeen(folder, options), ...command]
  const child = spawn(file, args, { stdio: 'ignore' })
  const sessions = (): number[] => childrenOf(child.pid ?? 0)
  const cut = (): void => {
    for (const pid of sessions()) killIfThere(pid)
  }
  const dispose = async (): Promise<void> => {
    cut()
    await endChild(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until(() => answers(port))
    return {
      ...{ port, sessions, cut, dispose, privateKeyFile: keyFile },
      username: userInfo().username,
      privateKey: readFileSync(keyFile, 'utf8'),
      hostKey: readFileSync(`${hostKeyFile}.pub`, 'utf8').trim(),
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** The words before its command, when it is to know people of its own. */
function asSeen(folder: string, { users, sudoers }: SshdOptions): string[] {
  if (users === undefined) return []
  const prefix = join(folder, 'own')
  writeUsers(prefix, users, sudoers)
  // It reads the keys as who logs in.
  chmodSync(folder, 0o711)
  return seeingUsers(prefix)
}

function makeKey(file: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST)
    socket.once('error', () => resolve(false))
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(/\s+/).filter(Boolean).map(Number)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
