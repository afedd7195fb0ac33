import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostKeyFrom, newHostKey } from './configured/host-key.ts'
import { seeingUsers, writeUsers } from './own-users.ts'
import type { SshSettings } from './topology-file.ts'

const SSHD = '/usr/sbin/sshd'

/** Where an OpenSSH server of a node says which process it is, once it listens. */
export function sshdPidPath(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.sshd-pid`)
}

/** Its public host key: what stands in a known_hosts file after the host. */
export function sshdKeyPath(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.hostkey.pub`)
}

/**
 * Writes what an OpenSSH server of a Linux router starts with. Its users are root by other names.
 * @param shell what each of them meets, whatever they ask for; left out: the machine's shell
 */
export function writeSshd(
  runtimeFolder: string,
  node: string,
  settings: SshSettings,
  shell?: readonly string[],
): void {
  const { users, port = 22, hostKey } = settings
  const prefix = join(runtimeFolder, node)
  const { secret, line } = hostKey === undefined ? newHostKey() : hostKeyFrom(hostKey)
  writeFileSync(`${prefix}.hostkey`, secret, { mode: 0o600 })
  writeFileSync(sshdKeyPath(runtimeFolder, node), `${line}\n`)
  for (const { name, publicKeys = [] } of users)
    writeFileSync(`${prefix}.keys-${name}`, publicKeys.map((key) => `${key}\n`).join(''))
  writeUsers(
    prefix,
    users.map(({ name, password }) => ({ name, ...(password === undefined ? {} : { password }) })),
  )
  const lines = [
    ...[`Port ${port}`, `HostKey ${prefix}.hostkey`, `AuthorizedKeysFile ${prefix}.keys-%u`],
    ...[`PidFile ${sshdPidPath(runtimeFolder, node)}`, 'UsePAM no', 'StrictModes no'],
    ...['PermitRootLogin yes', 'PasswordAuthentication yes'],
    ...(shell === undefined ? [] : [`ForceCommand ${shell.join(' ')}`]),
  ]
  writeFileSync(`${prefix}.sshd`, `${lines.join('\n')}\n`)
}

export function sshdArguments(runtimeFolder: string, node: string): string[] {
  const prefix = join(runtimeFolder, node)
  // It wants that folder, which Debian makes when its own server starts.
  const listening = [
    'sh',
    '-c',
    'mkdir -p /run/sshd && exec "$0" "$@"',
    SSHD,
    '-D',
    '-e',
    '-f',
    `${prefix}.sshd`,
  ]
  return [...seeingUsers(prefix), ...listening]
}
