import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VTYSH_CONF, vtyshAt } from '../../../simulator/frr-config.ts'
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
import { addSwitches, downIn, resetSwitches, type SwitchedRouter, switchesOf } from './frr-switches.ts'
import { hastyClock } from './hasty-clock.ts'

/** A real FRR, with vtysh as the shell of a real sshd, for all the tests of a file. */
export interface FrrBench extends SwitchedRouter {
  readonly sshd: Sshd
  /** Where its configuration is kept. */
  readonly folder: string
  /** Takes every static route away, and brings every port and neighbour up. */
  reset(): void
  /** Halts the daemon that has them, or lets it go on. */
  halt(isHalted: boolean): void
  dispose(): Promise<void>
}

export function noFrrRouter(): string | false {
  return noFrr() || noNetns() || noSshd()
}

/** In the order in which they start. bgpd listens where nobody else does. */
const DAEMONS: Readonly<Record<string, readonly string[]>> = {
  zebra: [],
  staticd: [],
  bgpd: ['-S', '-p', '1790', '-l', '127.0.0.1'],
}

/** A daemon of FRR in the namespace, once it can be talked to. */
async function startDaemon(name: string, folder: string, netns: Netns): Promise<ChildProcess> {
  const socket = join(folder, 'zserv.api')
  const files = ['-i', join(folder, `${name}.pid`), '-z', socket, '--vty_socket', folder]
  const command = [
    `/usr/lib/frr/${name}`,
    ...(DAEMONS[name] ?? []),
    ...files,
    '-P',
    '0',
    '-f',
    join(folder, `${name}.conf`),
  ]
  const child = spawn('ip', ['netns', 'exec', netns.name, ...command], { stdio: 'ignore' })
  try {
    await until(() => existsSync(join(folder, `${name}.vty`)) && existsSync(socket))
    return child
  } catch (error) {
    await endDaemon(name, child)
    throw error
  }
}

async function endDaemon(name: string, child: ChildProcess): Promise<void> {
  child.kill('SIGCONT')
  await endChild(child)
  rmSync(`/var/tmp/frr/${name}.${child.pid}`, { recursive: true, force: true })
}

export async function startFrrBench(): Promise<FrrBench> {
  const netns = makeNetns()
  const folder = mkdtempSync('/tmp/cordon-frr-')
  // zebra runs as a user of its own.
  chmodSync(folder, 0o777)
  writeFileSync(join(folder, 'vtysh.conf'), `${VTYSH_CONF}\n`)
  const [shell = '', ...vtysh] = vtyshAt(folder)
  const daemons = new Map<string, ChildProcess>()
  let sshd: Sshd | undefined
  const dispose = async (): Promise<void> => {
    await sshd?.dispose()
    for (const [name, child] of daemons) await endDaemon(name, child)
    netns.remove()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    netns.run('ip', 'address', 'add', '10.255.255.1/24', 'dev', 'lo')
    for (const name of Object.keys(DAEMONS)) daemons.set(name, await startDaemon(name, folder, netns))
    sshd = await startSshd({ lines: () => [`ForceCommand ${vtyshAt(folder).join(' ')}`] })
    const byHand = (...lines: readonly string[]): string =>
      execFileSync(shell, [...vtysh, ...lines.flatMap((line) => ['-c', line])], { encoding: 'utf8' })
    addSwitches({ netns, byHand })
    const halt = (isHalted: boolean): void =>
      void daemons.get('staticd')?.kill(isHalted ? 'SIGSTOP' : 'SIGCONT')
    const reset = (): void => {
      removeAll(byHand)
      resetSwitches({ netns, byHand })
    }
    return { sshd, netns, folder, byHand, reset, halt, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

function removeAll(byHand: FrrBench['byHand']): void {
  const lines = byHand('show running-config staticd').split('\n')
  const routes = lines.filter((line) => /^ip(v6)? route /.test(line))
  if (routes.length > 0) byHand('configure terminal', ...routes.map((line) => `no ${line}`))
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

/**
 * The device as the contract's suite needs it; it is the same router each time, made anew.
 * @param listed what may be put down, and how often it is looked at
 */
export function frrDevice(bench: FrrBench, listed: Partial<SshCliConfig> = {}): Device<SshCliConfig> {
  bench.reset()
  const { sshd } = bench
  const clock = hastyClock()
  return {
    config: { ...frrConfig(bench), ...listed },
    env: { ...loginEnv({ 'file:key': sshd.privateKey }), clock },
    plantForeign: async () => void bench.byHand('configure terminal', ...FOREIGN),
    foreignIntact: async () => {
      const standing = bench.byHand('show running-config staticd').split('\n')
      return FOREIGN.every((line) => standing.includes(line))
    },
    truth: async () => [
      ...blackholes(bench).filter(({ prefix }) => !/^198\.51\.|^2001:db8:7:/.test(prefix)),
      ...downIn(bench),
    ],
    switches: switchesOf(bench),
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
