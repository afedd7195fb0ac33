import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { until } from './bird.ts'
import { endChild } from './daemon.ts'
import { noSshd, type Sshd, startSshd } from './sshd.ts'

const NETCONFD = '/usr/sbin/netconfd'
const MODULES = ['/usr/share/yuma/modules', join(import.meta.dirname, 'yang')]

/** Why no netconfd can be started here, or false: what `skip` of a test takes. */
export function noNetconfd(): string | false {
  try {
    accessSync(NETCONFD)
    return noSshd()
  } catch {
    return 'netconfd is not installed'
  }
}

/** A real NETCONF server (yuma123) behind a real OpenSSH. */
export interface Netconfd extends Sshd {
  /** Of the NETCONF server. */
  readonly pid: number
}

export interface NetconfdOptions {
  readonly target?: 'candidate' | 'running'
  /** A command through which everything goes that clients say. */
  readonly behind?: string
}

/**
 * @param modules names of YANG modules that it is to know, of `test/helpers/yang/` or of yuma123
 * @throws Error with its log when it ends at once, as over a module that does not compile
 */
export async function startNetconfd(
  modules: readonly string[],
  options: NetconfdOptions = {},
): Promise<Netconfd> {
  const folder = mkdtempSync('/tmp/cordon-netconfd-')
  const socket = join(folder, 'ncx')
  let server: ChildProcess | undefined
  const behind = options.behind === undefined ? '' : `${options.behind} | `
  const sshd = await startSshd({
    lines: (port) => [
      `Subsystem netconf ${behind}/usr/sbin/netconf-subsystem --ncxserver-sockname=${port}@${socket}`,
    ],
  })
  const dispose = async (): Promise<void> => {
    await sshd.dispose()
    if (server !== undefined) await endChild(server)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    server = spawn(
      NETCONFD,
      [
        `--ncxserver-sockname=${socket}`,
        `--port=${sshd.port}`,
        '--no-startup',
        `--target=${options.target ?? 'candidate'}`,
        `--superuser=${userInfo().username}`,
        `--modpath=${MODULES.join(':')}`,
        `--log=${join(folder, 'log')}`,
        ...modules.map((name) => `--module=${name}`),
      ],
      { stdio: 'ignore', cwd: folder, env: { HOME: folder, PATH: process.env['PATH'] ?? '' } },
    )
    await listening(server, folder)
    return { ...sshd, pid: server.pid ?? 0, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function listening(server: ChildProcess, folder: string): Promise<void> {
  const isThere = (): boolean => existsSync(join(folder, 'ncx'))
  await until(() => isThere() || server.exitCode !== null)
  if (!isThere()) throw new Error(`netconfd has ended:\n${readFileSync(join(folder, 'log'), 'utf8')}`)
}
