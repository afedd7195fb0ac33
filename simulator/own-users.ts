import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

export interface OwnUser {
  readonly name: string
  /** left out: 0, which is root by another name */
  readonly uid?: number
  readonly password?: string
}

const SCRIPT = `
set -e
for file in passwd shadow sudoers; do
  [ ! -e "$0.$file" ] || mount --bind "$0.$file" "/etc/$file"
done
exec "$@"
`

/**
 * Writes down users, so that a command can see them beside this machine's, who has none of them. `prefix` begins the
 * names of the files; `sudoers` stands in place of the machine's.
 */
export function writeUsers(prefix: string, users: readonly OwnUser[], sudoers?: string): void {
  const people = users.map(({ name, uid = 0 }) => `${name}:x:${uid}:${uid}::/:/bin/sh\n`)
  writeFileSync(`${prefix}.passwd`, readFileSync('/etc/passwd', 'utf8') + people.join(''))
  const secrets = users.map(({ name, password }) => `${name}:${hashOf(password)}:19000::::::\n`)
  writeFileSync(`${prefix}.shadow`, secrets.join(''), { mode: 0o600 })
  if (sudoers !== undefined) writeFileSync(`${prefix}.sudoers`, sudoers, { mode: 0o440 })
}

/** The words before a command that sees the users of {@link writeUsers}. */
export function seeingUsers(prefix: string): string[] {
  // Namespaces that are made later must be seen, and our mounts by nobody else.
  return ['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', SCRIPT, prefix]
}

/** As crypt(5) has it; Node has no crypt, and every Debian has Perl. */
function hashOf(password: string | undefined): string {
  if (password === undefined) return '*'
  return execFileSync('perl', ['-e', 'print crypt($ARGV[0], q($6$lab$))', password], { encoding: 'utf8' })
}
