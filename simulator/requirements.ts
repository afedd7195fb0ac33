import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const TRIAL = ['unshare', '--net', 'true'] as const

/** What the daemons of a router's kind are called, and what a Linux router with an SSH server needs. */
const DAEMONS: Readonly<Record<string, readonly string[]>> = {
  'bird-router': ['bird'],
  'frr-router': ['/usr/lib/frr/bgpd', 'vtysh'],
  'gobgp-router': ['gobgpd', 'gobgp', 'nft'],
  'ios-router': ['nft'],
  'junos-router': ['nft'],
  'ietf-router': ['nft'],
  sshd: ['/usr/sbin/sshd', 'perl'],
}

/** undefined when this machine can raise a lab, else what is missing: the words with which a test skips itself. */
export function whyNoLab(kinds: readonly string[] = ['bird-router']): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'making network namespaces needs root'
  const needed = ['ip', 'sysctl', 'flock', 'unshare', ...kinds.flatMap((kind) => DAEMONS[kind] ?? [])]
  const missing = needed.filter((command) => !isInPath(command))
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`
  // root inside a container often lacks the right; only trying tells
  const { status } = spawnSync(TRIAL[0], TRIAL.slice(1), { stdio: 'ignore' })
  return status === 0 ? undefined : 'this root may not make network namespaces'
}

function isInPath(command: string): boolean {
  if (command.startsWith('/')) return isExecutable(command)
  return (process.env['PATH'] ?? '').split(':').some((folder) => isExecutable(join(folder, command)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
