import { existsSync, readFileSync } from 'node:fs'
import { type Netns, noNetns } from '../../../test/helpers/netns.ts'
import { noSshd, type Sshd, startSshd } from '../../../test/helpers/sshd.ts'
import type { AdapterEnv } from '../../adapter.ts'
import { loginEnv } from '../../configured/testing/login-env.ts'
import type { NftConfig } from '../config.ts'

/** Root by another name, one who may do nothing, one who may have nft run by sudo, and one who may only half. */
const USERS = [
  { name: 'cordon', uid: 0, password: 'open-sesame' },
  { name: 'nobody-much', uid: 61_001 },
  { name: 'by-sudo', uid: 61_002 },
  { name: 'without-home', uid: 61_003 },
]
const SUDOERS = `
Defaults:by-sudo env_keep += "HOME"
by-sudo ALL=(root) NOPASSWD: /usr/sbin/nft, /usr/sbin/ip netns exec cordon-t-* nft *
without-home ALL=(root) NOPASSWD: /usr/sbin/nft, /usr/sbin/ip netns exec cordon-t-* nft *
`
export const SECRETS = { 'file:password': 'open-sesame', 'file:wrong': 'open-barley' }

export function noFarBench(): string | false {
  return noNetns('nft', 'perl') || noSshd()
}

export const noSudo = existsSync('/usr/bin/sudo') ? false : 'sudo is not installed'

export function startFarSshd(): Promise<Sshd> {
  const lines = (): string[] => ['PasswordAuthentication yes']
  return startSshd({ users: USERS, sudoers: SUDOERS, lines })
}

export type SshConfig = NonNullable<NftConfig['ssh']>

/** A host whose nft works in a namespace of the test's own. */
export function farConfig(sshd: Sshd, netns: Netns, more: Partial<SshConfig> = {}): NftConfig {
  const login = { host: '127.0.0.1', port: sshd.port, username: 'cordon' }
  const key = more.password === undefined ? { privateKey: 'file:key' } : {}
  return { namespace: netns.name, ssh: { ...login, ...key, hostKeys: [sshd.hostKey], ...more } }
}

export function farEnv(sshd: Sshd, haste = 1): AdapterEnv {
  return loginEnv({ ...SECRETS, 'file:key': sshd.privateKey }, haste)
}

/** What is left running in the namespace, as the kernel has it: the words of each command. */
export function leftIn(netns: Pick<Netns, 'pids'>): string[] {
  return netns.pids().flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()]
    } catch {
      // It has just ended.
      return []
    }
  })
}
