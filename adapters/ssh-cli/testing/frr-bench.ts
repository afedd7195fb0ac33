import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Family, parsePrefix } from '../../../src/domain/prefix.ts'
import { blackholeRule, type Rule } from '../../../src/domain/rule.ts'
import type { Device } from '../../../test/contract/suite.ts'
import { until } from '../../../test/helpers/bird.ts'
import { endChild } from '../../../test/helpers/daemon.ts'
import { noFrr } from '../../../test/helpers/frr.ts'
import { makeNetns, type Netns, noNetns } from '../../../test/helpers/netns.ts'
import { noSshd, type Sshd, startSshd } from '../../../test/helpers/sshd.ts'
import { loginEnv } from '../../configured/testing/login-env.ts'
import type { SshCliConfig } from '../config.ts'
import { hastyClock } from './hasty-clock.ts'

/** A real FRR, with vtysh as the shell of a real sshd, for all the tests of a file. */
export interface FrrBench {
  readonly sshd: Sshd
  readonly netns: Netns
  /** What a person types at the router itself; resolves with what that shows. */
  byHand(...lines: readonly string[]): string
  /** Takes every static route away. */
  reset(): void
  /** Halts the daemon that has them, or lets it go on. */
  halt(isHalted: boolean): void
  dispose(): Promise<void>
}

export function noFrrRouter(): string | false {
  return noFrr() || noNetns() || noSshd()
}

export async function startFrrBench(): Promise<FrrBench> {
  const netns = makeNetns()
  const folder = mkdtempSync('/tmp/cordon-frr-')
  // zebra runs as a user of its own.
  chmodSync(folder, 0o777)
  writeFileSync(join(folder, 'vtysh.conf'), '')
  const socket = join(folder, 'zserv.api')
  const children: ChildProcess[] = []
  const start = async (daemon: string): Promise<ChildProcess> => {
    const files = ['-i', join(folder, `${daemon}.pid`), '-z', socket, '--vty_socket', folder]
    const args = [
      'netns',
      'exec',
      netns.name,
      `/usr/lib/frr/${daemon}`,
      ...files,
      '-P',
      '0',
      '-f',
      '/dev/null',
    ]
    const child = spawn('ip', args, { stdio: 'ignore' })
    children.push(child)
    await until(() => existsSync(join(folder, `${daemon}.vty`)) && existsSync(socket))
    return child
  }
  const shell = ['--vty_socket', folder, '--config_dir', folder]
  let sshd: Sshd | undefined
  const dispose = async (): Promise<void> => {
    await sshd?.dispose()
    for (const child of children) {
      child.kill('SIGCONT')
      await endChild(child)
      rmSync(`/var/tmp/frr/${child.spawnargs[4]?.split('/').at(-1)}.${child.pid}`, {
        recursive: true,
        force: true,
      })
    }
    netns.remove()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    netns.run('ip', 'address', 'add', '10.255.255.1/24', 'dev', 'lo')
    await start('zebra')
    const staticd = await start('staticd')
    sshd = await startSshd({ lines: () => [`ForceCommand vtysh ${shell.join(' ')}`] })
    const byHand = (...lines: readonly string[]): string =>
      execFileSync('vtysh', [...shell, ...lines.flatMap((line) => ['-c', line])], { encoding: 'utf8' })
    const reset = (): void => {
      const lines = byHand('show running-config staticd').split('\n')
      const routes = lines.filter((line) => /^ip(v6)? route /.test(line))
      if (routes.length > 0) byHand('configure terminal', ...routes.map((line) => `no ${line}`))
    }
    const halt = (isHalted: boolean): void => void staticd.kill(isHalted ? 'SIGSTOP' : 'SIGCONT')
    return { sshd, netns, byHand, reset, halt, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

export function frrConfig({ sshd }: FrrBench): SshCliConfig {
  return {
    ...{ driver: 'frr', host: '127.0.0.1', port: sshd.port, username: sshd.username },
    ...{ privateKey: 'file:key', hostKeys: [sshd.hostKey] },
  }
}

/** Things of a person's: routes with another tag, with none, by another way, and at our own prefixes' side. */
const FOREIGN = [
  'ip route 198.51.100.7/32 blackhole tag 7',
  'ip route 198.51.100.0/24 10.255.255.77',
  'ip route 198.51.101.0/24 blackhole tag 911000 200',
  'ipv6 route 2001:db8:7::/48 blackhole',
]

/** The device as the contract's suite needs it; it is the same router each time, made anew. */
export function frrDevice(bench: FrrBench): Device<SshCliConfig> {
  bench.reset()
  const { sshd } = bench
  const clock = hastyClock()
  return {
    config: frrConfig(bench),
    env: { ...loginEnv({ 'file:key': sshd.privateKey }), clock },
    plantForeign: async () => void bench.byHand('configure terminal', ...FOREIGN),
    foreignIntact: async () => {
      const standing = bench.byHand('show running-config staticd').split('\n')
      return FOREIGN.every((line) => standing.includes(line))
    },
    truth: async () => blackholes(bench).filter(({ prefix }) => !/^198\.51\.|^2001:db8:7:/.test(prefix)),
    cut: async () => sshd.cut(),
    stall: async () => {
      bench.halt(true)
      clock.hurry(true)
      return async () => {
        clock.hurry(false)
        bench.halt(false)
      }
    },
    stop: async () => bench.halt(false),
  }
}

/** What the kernel discards, by itself. */
function blackholes({ netns }: FrrBench): (Rule & { prefix: string })[] {
  return ([4, 6] as const).flatMap((family) =>
    netns
      .run('ip', `-${family}`, 'route', 'show', 'type', 'blackhole')
      .split('\n')
      .flatMap((line) => /^blackhole (\S+)/.exec(line)?.[1] ?? [])
      .map((text) => blackholeRule('d-rtbh', parsePrefix(whole(text, family)))),
  )
}

function whole(text: string, family: Family): string {
  return text.includes('/') ? text : `${text}/${family === 4 ? 32 : 128}`
}
