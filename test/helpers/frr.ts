import { execFile } from 'node:child_process'
import { accessSync, chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from './bird.ts'
import { freePort, Restartable } from './daemon.ts'
import { configText, type FrrOptions } from './frr-config.ts'
import { flowsOf } from './frr-flow.ts'
import { makeNetns, type Netns } from './netns.ts'
import type { FlowRouter, RouterOptions, SeenFlow } from './seen-flow.ts'

const BGPD = '/usr/lib/frr/bgpd'
const ZEBRA = '/usr/lib/frr/zebra'
const VTYSH = '/usr/bin/vtysh'

/** Why no bgpd of FRR can be started here, or false: what `skip` of a test takes. */
export function noFrr(): string | false {
  try {
    accessSync(BGPD)
    accessSync(VTYSH)
    return false
  } catch {
    return 'frr is not installed'
  }
}

/**
 * A real bgpd of FRR, without zebra, with a BGP session that waits for a speaker at 127.0.0.1. Seen with 8.4.4: it
 * resets the session on a component of more than five operators (a range is two), on `!=`, and on a flow label in
 * IPv4; and it writes the `and` of numbers as it writes the `or`, so that a lower bound that is followed by an upper
 * one is read as a range, whatever was sent.
 */
export function startFrr(options: RouterOptions = {}): Promise<FlowRouter> {
  return startBgpd(mkdtempSync('/tmp/cordon-frr-'), options, ['-Z', '-n'])
}

/** The folder of the daemons' sockets, besides. */
export interface FrrWithZebra extends FlowRouter {
  readonly folder: string
  readonly namespace: string
}

/**
 * A real FRR whose zebra puts routes into the kernel of a network namespace; the speaker has an address there. Next
 * hops of the example configuration are discarded.
 */
export async function startFrrWithZebra(options: RouterOptions = {}): Promise<FrrWithZebra> {
  const netns = makeNetns()
  const folder = mkdtempSync('/tmp/cordon-frr-')
  // zebra runs as a user of its own.
  chmodSync(folder, 0o777)
  prepare(netns)
  const socket = join(folder, 'zserv.api')
  const own = [
    '-i',
    join(folder, 'zebra.pid'),
    '-z',
    socket,
    '--vty_socket',
    folder,
    '-P',
    '0',
    '-f',
    '/dev/null',
  ]
  const zebra = new Restartable(['ip', 'netns', 'exec', netns.name, ZEBRA, ...own])
  const end = async (): Promise<void> => {
    const { pid } = zebra
    await zebra.stop()
    forgetCrashFolder('zebra', pid)
    netns.remove()
  }
  try {
    zebra.start()
    await until(() => existsSync(socket))
    const speakerAt = { address: '10.255.255.2', namespace: netns.name }
    const inside = { ...options, address: '10.255.255.1', speakerAt }
    const frr = await startBgpd(folder, inside, ['-z', socket])
    const dispose = (): Promise<void> => frr.dispose().then(end)
    return { ...frr, folder, namespace: netns.name, speakerAt, dispose }
  } catch (error) {
    await end()
    throw error
  }
}

function prepare(netns: Netns): void {
  netns.run('ip', 'address', 'add', '10.255.255.1/24', 'dev', 'lo')
  netns.run('ip', 'address', 'add', '10.255.255.2/32', 'dev', 'lo')
  netns.run('ip', 'route', 'add', 'blackhole', '192.0.2.1/32')
  netns.run('ip', '-6', 'route', 'add', 'blackhole', '100::1/128')
}

/** @param kernel options that say what becomes of its routes */
async function startBgpd(
  folder: string,
  options: FrrOptions,
  kernel: readonly string[],
): Promise<FlowRouter> {
  const address = options.address ?? '127.0.0.4'
  const inside = options.speakerAt
  const speaker = inside?.address ?? '127.0.0.1'
  const port = await freePort(inside === undefined ? address : '127.0.0.1')
  writeFileSync(join(folder, 'bgpd.conf'), configText(options), { mode: 0o600 })
  const bgpd = new Restartable(bgpdCommand(folder, options, [...kernel, '-l', address, '-p', String(port)]))
  const frr: FlowRouter = {
    address,
    port,
    flows: async () => [...(await flowsIn(folder, 4)), ...(await flowsIn(folder, 6))],
    routes: async () => new Set([...(await prefixesOf(folder, 4)), ...(await prefixesOf(folder, 6))]),
    established: async () => (await stateOf(folder, speaker))?.bgpState === 'Established',
    drops: async () => (await stateOf(folder, speaker))?.connectionsDropped ?? 0,
    async start() {
      bgpd.start()
      await until(() => stateOf(folder, speaker).then(Boolean, () => false))
    },
    async stop() {
      const { pid } = bgpd
      await bgpd.stop()
      forgetCrashFolder('bgpd', pid)
    },
    async dispose() {
      await frr.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await frr.start()
  } catch (error) {
    await frr.dispose()
    throw error
  }
  return frr
}

/** -S keeps the user that runs the test; with -Z and -n among the others it keeps away from zebra and the kernel. */
function bgpdCommand(folder: string, { bmp, speakerAt }: FrrOptions, others: readonly string[]): string[] {
  const files = ['-f', join(folder, 'bgpd.conf'), '-i', join(folder, 'pid'), '--vty_socket', folder]
  const modules = bmp === undefined ? [] : ['-M', 'bmp']
  return [...netnsExec(speakerAt?.namespace), BGPD, '-S', ...files, ...modules, '-P', '0', ...others]
}

function netnsExec(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]
}

/** Removes where it would leave its last words, which no option moves; another user's bgpd could not make one. */
function forgetCrashFolder(daemon: string, pid: number | undefined): void {
  try {
    rmSync(`/var/tmp/frr/${daemon}.${pid}`, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
  }
}

const run = promisify(execFile)

/** What `vtysh` prints for a command. @throws Error when nothing answers at the socket of the folder */
async function vtysh(folder: string, command: string): Promise<string> {
  const { stdout } = await run(VTYSH, ['--vty_socket', folder, '-d', 'bgpd', '-c', command], {
    maxBuffer: 1 << 28,
  })
  return stdout
}

interface PeerState {
  readonly bgpState: string
  readonly connectionsDropped: number
}

async function stateOf(folder: string, speaker: string): Promise<PeerState | undefined> {
  const text = await vtysh(folder, `show bgp neighbors ${speaker} json`)
  return (JSON.parse(text) as Readonly<Record<string, PeerState>>)[speaker]
}

async function prefixesOf(folder: string, family: 4 | 6): Promise<string[]> {
  const text = await vtysh(folder, `show bgp ipv${family} unicast json`)
  return Object.keys((JSON.parse(text) as { readonly routes?: object }).routes ?? {})
}

async function flowsIn(folder: string, family: 4 | 6): Promise<SeenFlow[]> {
  return flowsOf(family, await vtysh(folder, `show bgp ipv${family} flowspec detail`))
}
